import { createHash } from 'node:crypto';
import { crc32, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** Files of an archive by their path. */
export type ArchiveFiles = Readonly<Record<string, string | Buffer>>;

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A zip archive with stored (uncompressed) files, as a wheel is one. */
export function zip(files: ArchiveFiles): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const path = Buffer.from(name);
    // Fields shared by both headers: version, flags, method, time, date, crc, sizes, lengths of name and extra field.
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, path, data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A wheel that pip accepts for `pip download`: the files, and the metadata every wheel has. */
export function wheel(name: string, version: string, files: ArchiveFiles): Buffer {
  const info = `${name.replaceAll('-', '_')}-${version}.dist-info`;
  return zip({
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  });
}

/** A tar archive. */
export async function tar(files: ArchiveFiles): Promise<Buffer> {
  const packing = pack();
  for (const [name, content] of Object.entries(files)) packing.entry({ name, mtime: new Date(0) }, content);
  packing.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packing as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A tarball as npm packs one: everything in `package/`. */
export async function npmTarball(name: string, version: string, files: ArchiveFiles): Promise<Buffer> {
  const inPackage = Object.entries(files).map(([path, content]) => [`package/${path}`, content] as const);
  return gzipSync(
    await tar({
      'package/package.json': JSON.stringify({ name, version }),
      ...Object.fromEntries(inPackage),
    }),
  );
}
