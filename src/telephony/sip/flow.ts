/** How SIP travels. */
export const sipTransports = ['udp', 'tcp', 'tls'] as const;
export type SipTransportName = (typeof sipTransports)[number];

/** A host (an address, no name) with a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The way to one peer: over UDP its address, over TCP and TLS one connection. */
export interface SipFlow {
  readonly transport: SipTransportName;
  readonly remote: Endpoint;
  /** Our own address as this peer reaches it. */
  readonly local: Endpoint;
  /** False once a connection is closed; absent where there is none. */
  readonly isOpen?: () => boolean;
  send(bytes: Uint8Array): void;
}

/** True when the transport itself repeats what is lost. */
export function isReliable(flow: SipFlow): boolean {
  return flow.transport !== 'udp';
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port;
}
