/** The file in which listen.ts lists the address and port of each of its listeners, as JSON. */
export const openedFile = "/tmp/opened.json";
/** The file to which listen.ts appends the port of each accepted connection, one per line. */
export const acceptedFile = "/tmp/accepted";
