/**
 * The value of a plain YAML scalar as Go's yaml.v3 resolves it: YAML 1.2's truth values, but YAML 1.1's octal numbers and
 * underscores in numbers. `yes`, `on` and times of day (`12:30`) are texts.
 *
 * Source: go.yaml.in/yaml, resolve.go.
 */
export function goScalar(text: string): string | number | boolean | null {
  if (text === "" || ["~", "null", "Null", "NULL"].includes(text)) return null;
  if (["true", "True", "TRUE"].includes(text)) return true;
  if (["false", "False", "FALSE"].includes(text)) return false;
  const special = /^([-+]?)\.(?:inf|Inf|INF)$/.exec(text);
  if (special !== null) return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if ([".nan", ".NaN", ".NAN"].includes(text)) return Number.NaN;
  if (!/^[-+.\d]/.test(text)) return text;
  const digits = text.replaceAll("_", "");
  const whole = /^([-+]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9]\d*)$/.exec(digits);
  if (whole !== null) {
    const [, sign, number = ""] = whole;
    const octal = /^0[0-7]+$/.test(number) ? `0o${number.slice(1)}` : number;
    return sign === "-" ? -Number(octal) : Number(octal);
  }
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits)) return Number(digits);
  return text;
}

/** A scalar as Go prints it where compose needs a text: `3001`, `true`, `1.5`, `1e+06`; empty for null. */
export function goText(value: string | number | boolean | null, written = ""): string {
  if (value === null) return "";
  if (typeof value !== "number") return String(value);
  // Longer than a double can hold.
  if (/^-?[1-9]\d{15,19}$/.test(written)) return written;
  const isFloat = !/^[-+]?[\d_]+$|^[-+]?0[xXbBoO]/.test(written) && Number.isFinite(value);
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  if (!isFloat || value === 0 || (Number(exponent) >= -4 && Number(exponent) < 6)) return String(value);
  return `${digits}e${exponent.startsWith("-") ? "-" : "+"}${exponent.replace(/^[-+]/, "").padStart(2, "0")}`;
}
