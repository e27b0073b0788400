import { createSecureContext } from "node:tls";

/** TLS settings of every connection of the suite's HTTP clients: making them costs more than a request. */
export const secureContext = createSecureContext();
