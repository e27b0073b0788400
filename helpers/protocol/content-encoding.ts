import { Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

/**
 * A body without its content encoding, piece by piece as it arrives: what the sender flushed can be read immediately.
 *
 * @param encoding the value of `Content-Encoding`; undefined or `identity` for none
 * @throws {Error} for an encoding that this program does not know
 */
export function decoded(body: AsyncIterable<Buffer>, encoding: string | undefined): AsyncIterable<Buffer> {
  if (encoding === undefined || encoding === "identity") return body;
  const source = Readable.from(body);
  const decoder = decoderOf(encoding.toLowerCase());
  // A stream that its reader closes ends without the encoding's trailer.
  source.on("error", (error) => decoder.destroy(error));
  return source.pipe(decoder);
}

function decoderOf(encoding: string): Transform {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    case "deflate":
      return createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
    case "br":
      return createBrotliDecompress();
    case "zstd":
      return createZstdDecompress();
    default:
      throw new Error(`the content encoding ${encoding} is not known`);
  }
}
