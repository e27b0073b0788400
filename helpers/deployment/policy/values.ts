import { z } from "zod";
import { oneOf, text } from "../source/shape.ts";

/** An HTTP status. */
export const status = z
  .number({ error: "an HTTP status" })
  .int({ error: "an HTTP status" })
  .min(100, { error: "an HTTP status" })
  .max(599, { error: "an HTTP status" })
  .meta({ title: "HTTP status" });

/** A path of a URL, or of a file in a container. */
export const path = text.startsWith("/", { error: "a path that begins with '/'" }).meta({ title: "path" });

/** A TCP or UDP port. */
export const port = z
  .number({ error: "a port" })
  .int({ error: "a port" })
  .min(1, { error: "a port" })
  .max(65535, { error: "a port" })
  .meta({ title: "port" });

/** YAML reads `17` as a number; a version is a text. */
export const version = z
  .union([z.string(), z.number()], { error: "a version, e.g. 0.3.0" })
  .transform(String)
  .refine((value) => /^\d+(?:\.\d+)*(?:[-.+]?[A-Za-z]\w*)?$/.test(value), { error: "a version, e.g. 0.3.0" })
  .meta({ title: "version" });

/** A request's method. */
export const methods = oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
