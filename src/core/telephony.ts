import type { WireFormat } from './audio.ts';
import type { DialogState, Expecting } from './dialog.ts';
import type { Briefing } from './handoff.ts';
import type { Language } from './language.ts';

/** Where callers come from: a carrier's media stream, a browser tab, a text channel. Started once, closed once. */
export interface CallTransport {
  /** Short name for logs, metrics and records, such as `twilio`. */
  readonly name: string;
  /** Offers each new call to `onCall`. A call that `onCall` neither accepts nor rejects within 5 s is rejected. */
  start(onCall: (call: IncomingCall) => void): void;
  /** Stops taking calls and hangs up those still open. Idempotent. */
  close(): Promise<void>;
}

/** A call that has not been answered yet. */
export interface IncomingCall {
  readonly gateway: string;
  /** The gateway's own id of this call, such as Twilio's CallSid. */
  readonly gatewayCallId: string;
  /** Caller's number or address as given by the gateway; empty when withheld. */
  readonly from: string;
  readonly to: string;
  /** The language the gateway or its webhook was told to begin with, if any. */
  readonly language: Language | undefined;
  /** Id of the Kefu call this stream continues after its first stream was lost (process died, network), if any. */
  readonly resumes: string | undefined;
  /**
   * Id this call should get when it is accepted, for gateways whose carrier was told it before the stream began: a later stream
   * names it in `resumes`. Absent: any new id will do.
   */
  readonly proposedCallId?: string;
  /** Set with `resumes` when the call comes back because a transfer found nobody: the carrier's word, such as `no-answer`. */
  readonly transferFailed?: string;
  /** Set with `resumes` when Kefu has called somebody back: where the dialog goes on. */
  readonly calledBack?: { readonly dialog: DialogState };
  /** Answers the call. `callId` is Kefu's id; the gateway remembers it for `resumes`. */
  accept(callId: string): CallMedia;
  /** Refuses the call; `overloaded` tells the carrier to try elsewhere. */
  reject(reason: 'overloaded' | 'closing' | 'not-allowed'): void;
}

export type CallMedia = VoiceMedia | TextMedia;

/** How a call ended, from the gateway's view. */
export type EndReason =
  'caller-hung-up' | 'we-hung-up' | 'transferred' | 'gateway-lost' | 'protocol-error' | 'media-timeout';

/** What an answered voice call delivers, in order; `ended` comes exactly once and last. */
export type VoiceMediaEvent =
  | {
      readonly type: 'packet';
      /** Encoded audio as it came from the wire; empty where a number stands for no sound of its own, such as for a key. */
      readonly payload: Uint8Array;
      /** The gateway's running number of the packet, if it has one. */
      readonly sequence: number | undefined;
      /** Media time of the packet's first sample in milliseconds, if the gateway tells it. */
      readonly mediaMs: number | undefined;
    }
  | { readonly type: 'digit'; readonly digit: string }
  /** The far side has played everything sent before `mark(name)`. After `clear()` the skipped marks come too. */
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly detail?: string };

/**
 * Sound that goes only one way: `nothing-comes` from the far side, or `nothing-arrives` there by its own reports.
 */
export const oneWaySounds = ['nothing-comes', 'nothing-arrives'] as const;
export type OneWaySound = (typeof oneWaySounds)[number];

/** How well a line carries a call's packets, as far as its gateway can tell. */
export interface LineQuality {
  /** Which line of the gateway, such as the name of a trunk. */
  readonly line: string;
  /** The codec on the wire, by the gateway's name for it. */
  readonly codec: string;
  /** Of the packets to us: how many came, how many did not, and how unevenly they came (RFC 3550 section 6.4.1). */
  readonly received: number;
  readonly lost: number;
  readonly jitterMs: number;
  /** Of our packets: those sent, and by the last report of the far side those lost and their jitter. */
  readonly sent: number;
  readonly lostByPeer: number | undefined;
  readonly jitterByPeerMs: number | undefined;
  /** To the far side and back, by the last report that told. */
  readonly roundTripMs: number | undefined;
  /** What was found wrong at any time of the call. */
  readonly oneWay: OneWaySound | undefined;
}

/** An answered voice call. Payloads stay in the wire's codec: gateways do no signal processing. */
export interface VoiceMedia {
  readonly kind: 'voice';
  readonly format: WireFormat;
  /** One stream, one reader. */
  readonly events: AsyncIterable<VoiceMediaEvent>;
  /** Sends one packet of encoded audio; ignored after the end. */
  send(payload: Uint8Array): void;
  /** Asks for a `mark` event once everything sent so far has been played. */
  mark(name: string): void;
  /** Drops what the far side has buffered but not played. */
  clear(): void;
  /** Shows the caller's own screen what the call does (the browser's test page); other gateways ignore it. */
  notify?(message: Readonly<Record<string, unknown>>): void;
  /** How the line has carried the call so far; also after its end. Absent where a gateway sees no packets of the line. */
  quality?(): LineQuality;
  /** Presses keys for the far side, such as those of a menu; absent where the gateway cannot, false where the far side takes none. */
  sendKeys?(keys: string): boolean;
  /** Hands the call to a number (`tel:` or E.164) or SIP address. Rejects with `transfer_failed` or `transfer_unsupported`. */
  transfer(target: string, briefing: Briefing, signal: AbortSignal): Promise<void>;
  /** Ends the call after what was sent has been played by the far side, or after 2 s. Idempotent. */
  hangup(): Promise<void>;
}

/** What an answered text conversation delivers, in order; `ended` comes exactly once and last. */
export type TextMediaEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'digits'; readonly digits: string }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly detail?: string };

/** An answered text conversation. */
export interface TextMedia {
  readonly kind: 'text';
  readonly events: AsyncIterable<TextMediaEvent>;
  say(text: string, language: Language): void;
  /** Sent after Kefu's last words of a turn. */
  listening(expecting: Expecting | null): void;
  transfer(skill: string, briefing: Briefing): void;
  /** Tells the outcome and closes the connection. Idempotent. */
  end(outcome: string): Promise<void>;
}

export interface DialOptions {
  /** The number that is shown to whoever is called; by default the line's own. */
  readonly from?: string | undefined;
  /** Stops the ringing. */
  readonly signal: AbortSignal;
  /** How long it may ring, in milliseconds. */
  readonly ringMs: number;
  /** Kefu's id of the call this becomes, if it is one of its own: a gateway that loses the stream of it may connect it again. */
  readonly callId?: string | undefined;
}

/** Calls people, such as agents at telephones and those who wait to be called back. */
export interface OutboundDialer {
  /**
   * Resolves once somebody has answered. Rejects with `transfer_failed`, whose message begins with the cause: `busy`, `no-answer`,
   * `declined`, `not-found`, `not-allowed`, `limit`, `unreachable` or `failed`; with `transfer_unsupported` for what is no number; with
   * `aborted`.
   */
  dial(target: string, options: DialOptions): Promise<VoiceMedia>;
}
