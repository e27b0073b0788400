/** Where listen.ts writes down what it has opened: a list of address and port. */
export const openedFile = "/tmp/opened.json";
/** One line for each connection that was accepted: the port. */
export const acceptedFile = "/tmp/accepted";
