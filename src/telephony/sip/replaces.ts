import { dialogKey, type Dialog } from './dialog.ts';
import type { SipHeaders } from './message.ts';
import { splitOutsideQuotes } from './message.ts';

/** Whose place a call takes (RFC 3891): the dialog as the one sees it who gets the INVITE. */
export interface Replaces {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Only as long as that call still rings. */
  readonly earlyOnly: boolean;
}

/** Reads the header; undefined when there is none, `malformed` when it cannot be read or comes twice. */
export function parseReplaces(headers: SipHeaders): Replaces | 'malformed' | undefined {
  const [value, ...others] = headers.lines('replaces');
  if (value === undefined) return undefined;
  const [callId = '', ...rest] = splitOutsideQuotes(value, ';');
  const params = new Map(
    rest.map((part) => {
      const [name = '', text = ''] = part.split('=', 2);
      return [name.trim().toLowerCase(), text.trim()];
    }),
  );
  const [localTag, remoteTag] = [params.get('to-tag'), params.get('from-tag')];
  if (others.length > 0 || callId === '' || localTag === undefined || remoteTag === undefined)
    return 'malformed';
  return { callId, localTag, remoteTag, earlyOnly: params.has('early-only') };
}

export function replacedKey({ callId, localTag, remoteTag }: Replaces): string {
  return dialogKey(callId, localTag, remoteTag);
}

/** The address that makes somebody take our place in a call with its callee (RFC 3891 section 6, RFC 5589 section 7). */
export function replacingUri({ target, callId, localTag, remoteTag }: Dialog): string {
  const value = `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
  return `${target.replace(/\?.*$/, '')}?Replaces=${encodeURIComponent(value)}`;
}
