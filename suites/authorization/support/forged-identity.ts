/**
 * Why a client's own identity header arrives, and what to do. Header names have no letter case (RFC 9110 §5.1): a name in other
 * letters is the same header.
 *
 * @param name of the header, as the login service sets it
 * @param spelling by which the client sent it
 */
export function whyForged(name: string, spelling: string): { cause: string; fix: string } {
  if (spelling.toLowerCase() === name.toLowerCase())
    return {
      cause: `the middleware's authResponseHeaders lacks ${name}: what is not listed there passes as the client sent it`,
      fix: `add ${name} to authResponseHeaders`,
    };
  return {
    cause:
      "authResponseHeaders replaces the exact name only, and servers that turn headers into variables read '_' as '-'",
    fix: `drop it by a headers middleware in front: customRequestHeaders.${spelling}: ""`,
  };
}
