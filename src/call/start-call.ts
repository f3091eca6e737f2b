import type { FinishedChange } from '../core/changes.ts';
import type { CallSnapshot } from '../core/store.ts';
import type { IncomingCall } from '../core/telephony.ts';
import { Call } from './call.ts';
import type { CallServices, RunningCall } from './services.ts';

/** Answers a call and runs it to its end. `untold` is what came of changes of earlier calls from the same number. */
export function startCall(
  incoming: IncomingCall,
  callId: string,
  services: CallServices,
  snapshot?: CallSnapshot,
  untold: readonly FinishedChange[] = [],
): RunningCall {
  const media = incoming.accept(callId);
  let call: Call;
  try {
    call = new Call(incoming, media, callId, services, snapshot, untold);
  } catch (error) {
    // The caller must not hang on a line that nobody serves.
    void (media.kind === 'voice' ? media.hangup() : media.end('failed'));
    throw error;
  }
  return {
    callId,
    startedAtEpochMs: services.clock.epochMs(),
    done: call.run(),
    hangup: (outcome) => call.stop(outcome),
  };
}
