import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate that vouches for itself, as PEM and as files in `directory`, for a server at `address`. */
export async function selfSignedCertificate(directory: string, address: string) {
  const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=kefu.test'],
    ...['-addext', `subjectAltName=IP:${address}`, '-keyout', keyFile, '-out', certificateFile],
  ]);
  return { keyFile, certificateFile, certificate: await readFile(certificateFile, 'utf8') };
}
