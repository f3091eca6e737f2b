import type { Callback } from '../../core/callbacks.ts';
import type { DialogState } from '../../core/dialog.ts';
import type { OutboundDialer } from '../../core/telephony.ts';
import type { Calls } from '../calls.ts';

/** Somebody who waits for a call hears it ring this long. */
const ringMs = 30_000;

/** Calls somebody back; once they have answered, their call goes on where it was. Rejects as the dialer does. */
export async function callBack(
  dialer: OutboundDialer,
  { callId, number, language, dialog }: Callback,
  signal: AbortSignal,
  calls: Pick<Calls, 'take'>,
): Promise<void> {
  const media = await dialer.dial(number, { signal, ringMs, callId });
  calls.take({
    gateway: 'callback',
    gatewayCallId: callId,
    from: number,
    to: '',
    language,
    resumes: callId,
    ...(dialog && { calledBack: { dialog: dialog as DialogState } }),
    accept: () => media,
    reject: () => void media.hangup(),
  });
}
