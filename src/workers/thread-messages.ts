/** What a thread is started with. */
export interface ThreadStart {
  /** The owner's data. */
  readonly data: unknown;
  /** One shared 32-bit number: 1 once the thread is to end. It is seen at once, ahead of the requests that wait. */
  readonly closing: Int32Array;
}

/** What the supervisor sends to a thread. */
export type ToThread<Request> =
  | { readonly type: 'request'; readonly request: Request }
  | { readonly type: 'ping'; readonly ping: number }
  | { readonly type: 'close' };

/** What a thread sends to its supervisor. `failed` says why it could not start; the thread ends after it. */
export type FromThread<Reply> =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'pong'; readonly ping: number };
