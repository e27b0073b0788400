import { PassThrough } from "node:stream";
import { createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";
import { expect, test } from "vitest";
import { decoded } from "./content-encoding.ts";

test.for([
  ["gzip", createGzip],
  ["br", createBrotliCompress],
  ["zstd", createZstdCompress],
] as const)("a part of a %s body can be read before the rest is sent", async ([encoding, create]) => {
  const encoder = create();
  const sent = encoder.pipe(new PassThrough());
  encoder.write("data: first\n\n");
  encoder.flush();
  for await (const piece of decoded(sent, encoding)) {
    expect(String(piece)).toBe("data: first\n\n");
    break;
  }
});
