/** A message of a ladder, as Kefu tells it. */
export interface LadderMessage {
  readonly atEpochMs: number;
  readonly direction: 'in' | 'out';
  readonly transport: string;
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
  readonly text: string;
}

const arrowColumns = 46;

/**
 * The SIP ladder of a call: one arrow for each message, Kefu on the left, with the seconds since the first, the number of the request
 * and what the two sides say of their sound.
 */
export function ladderText(messages: readonly LadderMessage[]): string {
  const [first] = messages;
  if (!first) return 'No messages.';
  const remotes = [...new Set(messages.map(({ remote }) => `${remote.host}:${remote.port}`))];
  const rows = messages.map((message) => rowOf(message, first.atEpochMs));
  return [`seconds   Kefu ${' '.repeat(arrowColumns - 5)}${remotes.join(', ')}`, ...rows].join('\n');
}

function rowOf(message: LadderMessage, beganEpochMs: number): string {
  const [head, body] = splitOnce(message.text, '\r\n\r\n');
  const [start = '', ...lines] = head.split('\r\n');
  const cseq = /^cseq[ \t]*:[ \t]*(.*)$/im.exec(lines.join('\n'))?.[1] ?? '';
  const what = start.startsWith('SIP/2.0 ') ? start.slice(8) : (start.split(' ')[0] ?? '');
  const label = ` ${what.slice(0, arrowColumns - 8)} `;
  const line = label.padEnd(arrowColumns - 2, '-');
  const arrow = message.direction === 'out' ? `--${line}>` : `<${line}--`;
  const seconds = ((message.atEpochMs - beganEpochMs) / 1000).toFixed(3).padStart(8);
  const sound = soundOf(body);
  return `${seconds}  ${arrow}  ${message.transport} ${cseq}${sound === '' ? '' : `  [${sound}]`}`;
}

/** Where sound is wanted, in which codecs, and which way: the parts of a session description that explain most faults. */
function soundOf(body: string): string {
  const media = /^m=audio (\d+) (\S+) (.*)$/m.exec(body);
  if (!media) return '';
  const address = /^c=IN IP[46] (\S+)/m.exec(body)?.[1] ?? '?';
  const names = new Map(
    [...body.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)].map(([, type, name]) => [type, name]),
  );
  const codecs = (media[3] ?? '')
    .trim()
    .split(/\s+/)
    .map((type) => names.get(type) ?? type);
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(body)?.[1] ?? 'sendrecv';
  return `${address}:${media[1] ?? ''} ${media[2] ?? ''} ${codecs.join(' ')} ${direction}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
