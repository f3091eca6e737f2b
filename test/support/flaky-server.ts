import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request; it may answer, half-answer, or let it hang. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** A request as it arrived, body included. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the client closed the connection before it had a complete answer. */
  abandoned: boolean;
}

/** A real HTTP server on a free port that behaves, request by request, as its script says; the last entry goes on for ever. */
export class FlakyServer {
  readonly seen: SeenRequest[] = [];
  readonly #script: Behaviour[];
  readonly #server: Server;
  #connectionsMade = 0;

  private constructor(script: Behaviour[]) {
    this.#script = script;
    const listener: RequestListener = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const seen = { method, url, headers, body, abandoned: false };
        this.seen.push(seen);
        response.on('close', () => (seen.abandoned = !response.writableFinished));
        const behave = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
        behave?.(request, response);
      });
    };
    this.#server = createServer(listener).on('connection', () => (this.#connectionsMade += 1));
  }

  static async start(...script: Behaviour[]): Promise<FlakyServer> {
    const flaky = new FlakyServer(script);
    await new Promise<void>((resolve) => flaky.#server.listen(0, '127.0.0.1', resolve));
    return flaky;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Replaces what is left of the script. */
  behave(...script: Behaviour[]): void {
    this.#script.splice(0, this.#script.length, ...script);
  }

  /** Connections that clients have made so far. */
  get connectionsMade(): number {
    return this.#connectionsMade;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Answers with these very bytes. */
export function text(status: number, body: string, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

/** Takes the request and never answers. */
export const hang: Behaviour = () => undefined;

/** Promises more bytes than it sends, then resets the connection. */
export const resetMidBody: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"orders":', () => response.destroy());
};
