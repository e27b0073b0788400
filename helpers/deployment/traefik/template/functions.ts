/** A value of a template. */
export type TemplateValue = string | number | boolean | null | TemplateValue[] | { [key: string]: TemplateValue };

/** A function that templates may call; arguments in the order of Go's, the piped value last. */
export type TemplateFunction = (...args: TemplateValue[]) => TemplateValue;

const text = (value: TemplateValue | undefined): string => {
  if (value === undefined || value === null) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
};
const list = (value: TemplateValue | undefined): TemplateValue[] => (Array.isArray(value) ? value : []);
const number = (value: TemplateValue | undefined): number => Math.trunc(Number(value)) || 0;

/** Whether Go's templates treat a value as false: zero, an empty text, list or map, nil. */
export function isEmpty(value: TemplateValue | undefined): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

/** A value as a template prints it. */
export function printed(value: TemplateValue): string {
  if (value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(printed).join(" ")}]`;
  if (typeof value === "object")
    return `map[${Object.entries(value)
      .map(([key, item]) => `${key}:${printed(item)}`)
      .join(" ")}]`;
  return String(value);
}

/** Letters and digits joined by dashes, as Traefik names what has no name (traefik, pkg/provider/configuration.go). */
export function normalize(name: string): string {
  return name
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== "")
    .join("-");
}

const same = (one: TemplateValue | undefined, other: TemplateValue | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
const compare = (one: TemplateValue | undefined, other: TemplateValue | undefined): number => {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return text(one) < text(other) ? -1 : text(one) > text(other) ? 1 : 0;
};

function format(pattern: string, args: readonly TemplateValue[]): string {
  let at = 0;
  return pattern.replaceAll(/%(?:%|[-+# 0-9.]*([a-zA-Z]))/g, (whole, verb: string | undefined) => {
    if (whole === "%%") return "%";
    const value = args[at++] ?? null;
    return verb === "q" ? JSON.stringify(text(value)) : printed(value);
  });
}

/**
 * The functions of Go's text/template, of sprig and of Traefik that operators' files use.
 *
 * @param environment the variables of Traefik's container, for `env`
 */
export function templateFunctions(environment: ReadonlyMap<string, string>): ReadonlyMap<string, TemplateFunction> {
  const functions: { [name: string]: TemplateFunction } = {
    env: (name) => environment.get(text(name)) ?? "",
    expandenv: (value) =>
      text(value).replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, one, other) => environment.get(one ?? other) ?? ""),
    normalize: (name) => normalize(text(name)),
    split: (value, separator) => text(value).split(text(separator)),

    and: (...values) => values.find(isEmpty) ?? values.at(-1) ?? null,
    or: (...values) => values.find((value) => !isEmpty(value)) ?? values.at(-1) ?? null,
    not: (value) => isEmpty(value),
    eq: (one, ...others) => others.some((other) => same(one, other)),
    ne: (one, other) => !same(one, other),
    lt: (one, other) => compare(one, other) < 0,
    le: (one, other) => compare(one, other) <= 0,
    gt: (one, other) => compare(one, other) > 0,
    ge: (one, other) => compare(one, other) >= 0,
    len: (value) => (typeof value === "object" && value !== null ? Object.keys(value).length : text(value).length),
    index: (value, ...keys) =>
      keys.reduce<TemplateValue>((from, key) => {
        if (Array.isArray(from)) return from[number(key)] ?? null;
        return typeof from === "object" && from !== null ? (from[text(key)] ?? null) : null;
      }, value ?? null),
    print: (...values) => values.map(printed).join(""),
    println: (...values) => `${values.map(printed).join(" ")}\n`,
    printf: (pattern, ...values) => format(text(pattern), values),

    default: (fallback, value) => (isEmpty(value) ? (fallback ?? null) : (value ?? null)),
    empty: (value) => isEmpty(value),
    coalesce: (...values) => values.find((value) => !isEmpty(value)) ?? null,
    ternary: (yes, no, value) => (value === true ? (yes ?? null) : (no ?? null)),
    quote: (...values) => values.map((value) => JSON.stringify(text(value))).join(" "),
    squote: (...values) => values.map((value) => `'${text(value)}'`).join(" "),
    upper: (value) => text(value).toUpperCase(),
    lower: (value) => text(value).toLowerCase(),
    title: (value) => text(value).replaceAll(/\b\p{L}/gu, (letter) => letter.toUpperCase()),
    trim: (value) => text(value).trim(),
    trimAll: (set, value) => trimmed(text(value), text(set), true, true),
    trimPrefix: (prefix, value) =>
      text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value),
    trimSuffix: (suffix, value) =>
      text(suffix) !== "" && text(value).endsWith(text(suffix))
        ? text(value).slice(0, -text(suffix).length)
        : text(value),
    replace: (from, to, value) => text(value).replaceAll(text(from), text(to)),
    contains: (part, value) => text(value).includes(text(part)),
    hasPrefix: (part, value) => text(value).startsWith(text(part)),
    hasSuffix: (part, value) => text(value).endsWith(text(part)),
    repeat: (count, value) => text(value).repeat(number(count)),
    indent: (count, value) => text(value).replaceAll(/^/gm, " ".repeat(number(count))),
    nindent: (count, value) => `\n${text(value).replaceAll(/^/gm, " ".repeat(number(count)))}`,
    toString: (value: TemplateValue | undefined) => text(value),
    int: (value) => number(value),
    atoi: (value) => number(value),
    add: (...values) => values.reduce<number>((sum, value) => sum + number(value), 0),
    sub: (one, other) => number(one) - number(other),
    mul: (...values) => values.reduce<number>((product, value) => product * number(value), 1),
    until: (count) => Array.from({ length: Math.max(0, Math.min(number(count), 1000)) }, (_, index) => index),
    b64enc: (value) => Buffer.from(text(value)).toString("base64"),
    b64dec: (value) => Buffer.from(text(value), "base64").toString(),

    list: (...values) => values,
    dict: (...values) =>
      Object.fromEntries(
        values.flatMap((value, index) => (index % 2 === 0 ? [[text(value), values[index + 1] ?? ""]] : [])),
      ),
    get: (map, key) => functions.index?.(map ?? null, key ?? null) ?? "",
    splitList: (separator, value) => text(value).split(text(separator)),
    join: (separator, values) => list(values).map(text).join(text(separator)),
    first: (values) => list(values)[0] ?? null,
    last: (values) => list(values).at(-1) ?? null,
    has: (value, values) => list(values).some((item) => same(item, value)),
    append: (values, value) => [...list(values), value ?? null],
    concat: (...values) => values.flatMap(list),
    uniq: (values) =>
      list(values).filter((value, index, all) => all.findIndex((other) => same(other, value)) === index),
    compact: (values) => list(values).filter((value) => !isEmpty(value)),
    sortAlpha: (values) => list(values).map(text).sort(),
  };
  return new Map(Object.entries(functions));
}

function trimmed(value: string, set: string, start: boolean, end: boolean): string {
  const chars = [...value];
  while (start && chars[0] !== undefined && set.includes(chars[0])) chars.shift();
  for (let last = chars.at(-1); end && last !== undefined && set.includes(last); last = chars.at(-1)) chars.pop();
  return chars.join("");
}
