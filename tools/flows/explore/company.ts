import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

/** Other explorers of the same flows, in other threads. */
export interface Company {
  /** Which of the explorers this is, from 0. */
  readonly index: number;
  /** How many there are. */
  readonly size: number;
  /** Tells the others what was reached here, and takes in what they have reached. */
  readonly share: (reached: Set<string>) => void;
}

/** No others. */
export const alone: Company = { index: 0, size: 1, share: () => undefined };

/** The company of an explorer whose port leads to the thread that passes everything on. */
export function companyBy(port: MessagePort, index: number, size: number): Company {
  const known = new Set<string>();
  return {
    index,
    size,
    share(reached) {
      // An explorer never waits for anything but promises, so that no event of the port would come through.
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
        for (const name of next.message as readonly string[]) {
          reached.add(name);
          known.add(name);
        }
      }
      if (reached.size === known.size) return;
      const news = [...reached].filter((name) => !known.has(name));
      for (const name of news) known.add(name);
      port.postMessage(news);
    },
  };
}
