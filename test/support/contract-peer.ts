/** A far side, over whatever transport. */
export interface ContractPeer {
  raw(message: string | Uint8Array): void;
  /** Breaks the connection without a goodbye. */
  vanish(): void;
  /** Close code, once closed; 1000 where the transport has none. */
  readonly closed: Promise<number>;
  readonly socket: { close(): void; pause(): void };
}

/** A message as text of the wire. */
export function wireText(message: unknown): string {
  return typeof message === 'string' ? message : JSON.stringify(message);
}

/** Sends texts and bytes as they are, other values as JSON. */
export function send(peer: ContractPeer, message: unknown): void {
  peer.raw(message instanceof Uint8Array ? message : wireText(message));
}
