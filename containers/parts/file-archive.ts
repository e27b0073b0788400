import type { PartFile } from "./part.ts";

const blockSize = 512;

/**
 * Files as a tar archive (POSIX ustar), each with its mode and owner. The engine makes the directories above them.
 *
 * @param base absolute path of the directory into which the archive is unpacked
 */
export function fileArchive(files: readonly PartFile[], base = "/"): Buffer {
  const prefix = base.endsWith("/") ? base : `${base}/`;
  const entries = files.flatMap(({ target, content, mode = 0o644, uid = 0, gid = 0 }) => {
    const data = Buffer.from(content);
    const name = target.slice(prefix.length);
    const header = { size: data.length, mode, uid, gid };
    // A path that does not fit into the header precedes it as an entry of its own (GNU tar, `@LongLink`).
    const long = Buffer.from(`${name}\0`);
    const before =
      long.length > 100 ? [headerOf("././@LongLink", { ...header, size: long.length }, "L"), padded(long)] : [];
    return [...before, headerOf(name, header, "0"), padded(data)];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * blockSize)]);
}

function headerOf(
  name: string,
  { size, mode, uid, gid }: { size: number; mode: number; uid: number; gid: number },
  type: "0" | "L",
): Buffer {
  const header = Buffer.alloc(blockSize);
  const octal = (value: number, offset: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset);
  };
  header.write(Buffer.from(name).subarray(0, 100).toString("latin1"), 0, "latin1");
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  // The checksum counts its own field as spaces.
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function padded(data: Buffer): Buffer {
  const rest = data.length % blockSize;
  return rest === 0 ? data : Buffer.concat([data, Buffer.alloc(blockSize - rest)]);
}
