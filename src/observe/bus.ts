import type { BusEvents, EventBus } from '../core/events.ts';
import type { Logger } from '../core/log.ts';

type Listener = (payload: never) => void;

/** An in-process event bus. Listeners run at once, in the order they subscribed; a throw is logged and reaches nobody else. */
export function createEventBus(log: Logger): EventBus {
  const listeners = new Map<keyof BusEvents, Set<Listener>>();
  return {
    publish(name, payload) {
      for (const listener of listeners.get(name) ?? []) {
        try {
          (listener as (value: typeof payload) => void)(payload);
        } catch (error) {
          log.error({ err: error, event: name }, 'a listener of the event bus failed');
        }
      }
    },
    subscribe(name, listener) {
      const ofName = listeners.get(name) ?? new Set();
      listeners.set(name, ofName);
      ofName.add(listener);
      return () => {
        ofName.delete(listener);
      };
    },
  };
}
