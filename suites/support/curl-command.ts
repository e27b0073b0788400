/**
 * Asks the machine's resolver for the address of the first argument, and calls curl with the others. It takes every name below
 * localhost for its own machine (RFC 6761 §6.3), whatever DNS says.
 */
const resolved = `name=$1; shift
address=$(getent ahostsv4 "$name" | { read -r first rest; printf %s "$first"; })
to="$name::$address:"; count=$#
while [ "$count" -gt 0 ]; do
  argument=$1; shift; set -- "$@" "$argument"
  [ "$argument" = --next ] && set -- "$@" --connect-to "$to"
  count=$((count - 1))
done
exec curl --connect-to "$to" "$@"`;

/**
 * The command that calls curl on a machine of a rig, as a user there would. An operator's name for the gateway may be one below
 * localhost.
 *
 * @param url one of those that are asked: they have one host
 * @param options curl's own, with every URL
 */
export function curlCommand(url: string, options: readonly string[]): string[] {
  const { hostname } = new URL(url);
  if (!hostname.endsWith(".localhost")) return ["curl", ...options];
  return ["sh", "-c", resolved, "curl", hostname, ...options];
}
