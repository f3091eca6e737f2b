import { useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { LanguageContext } from '../texts.ts';
import { deskClient, type DeskClient } from './client.ts';
import type { DeskState } from './state.ts';

/** The desk of this tab, connected while a page uses it. */
export function useDesk(): { readonly desk: DeskClient; readonly state: DeskState } {
  const desk = deskClient();
  const language = useContext(LanguageContext);
  const state = useSyncExternalStore(desk.subscribe, () => desk.state);
  useEffect(() => desk.use(language), [desk, language]);
  return { desk, state };
}

/** The time, anew every second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
