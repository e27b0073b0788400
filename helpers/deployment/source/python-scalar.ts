/** What a scalar of YAML stands for. */
type ScalarValue = string | number | boolean | null;

/** Source: PyYAML, resolver.py, `tag:yaml.org,2002:int` and `tag:yaml.org,2002:float`. */
const numbers =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+|[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/**
 * A plain scalar of YAML 1.1 as PyYAML reads it. It makes texts of `y` and `n`, and of numbers such as `12e3`: a float has a point
 * there, and a sign in its exponent.
 *
 * @param value by the rules of YAML 1.1
 * @param written the scalar's text
 */
export function pythonScalar(value: ScalarValue, written: string): ScalarValue {
  if (typeof value === "boolean" && /^[yn]$/i.test(written)) return written;
  return typeof value === "number" && !numbers.test(written) ? written : value;
}
