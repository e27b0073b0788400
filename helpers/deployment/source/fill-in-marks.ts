/**
 * Marks that a tool replaces before a program reads the file: `__NAME__` (sed), `{{NAME}}` (a template engine). Go's own templates
 * have a point, a function or a variable in lower case there.
 */
const mark =
  /(?<![A-Za-z0-9_])__([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)__(?![A-Za-z0-9_])|\{\{-?\s*([A-Z][A-Z0-9_]*)\s*-?\}\}/g;

/** A mark in a text. */
export interface FillInMark {
  /** As written. */
  text: string;
  /** What is to be filled in, without the signs around it. */
  name: string;
}

/** The marks of a text, each once. */
export function fillInMarks(text: string): FillInMark[] {
  const found = [...text.matchAll(mark)].map(([whole, sed, engine]) => ({ text: whole, name: sed ?? engine ?? "" }));
  return [...new Map(found.map((one) => [one.text, one])).values()];
}

/** A text with values in place of its marks; one without a value stays. */
export function withMarksFilledIn(text: string, valueFor: (name: string) => string | undefined): string {
  return text.replaceAll(mark, (whole, sed?: string, engine?: string) => valueFor(sed ?? engine ?? "") ?? whole);
}
