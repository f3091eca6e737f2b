import type { AuditEntry } from '../../core/audit.ts';
import type { Person, PersonFields, Session, SessionView } from '../../core/people.ts';
import { accessChanged, tokenHeader } from '../api.ts';

/** The server does not do it, and says why by a code. */
export class Refused extends Error {
  readonly code: string;
  /** When to try again, by the clock of this machine; undefined: nothing was said about it. */
  readonly againAtEpochMs: number | undefined;

  constructor(code: string, message: string, againAtEpochMs?: number) {
    super(message);
    this.code = code;
    this.againAtEpochMs = againAtEpochMs;
  }
}

const limitMs = 30_000;

/** Asks the server for something. @throws Refused with its reason. */
export async function send<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: { ...tokenHeader(), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(limitMs),
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer;
  const problem = parseProblem(text);
  const code = problem.outcome ?? problem.code ?? String(response.status);
  // A session that is over, and not a log-in that failed.
  if (response.status === 401 && problem.outcome === undefined)
    accessChanged.dispatchEvent(new Event('change'));
  throw new Refused(code, problem.error ?? text, againAt(response.headers.get('retry-after')));
}

/** A number of seconds, as Kefu writes it; a date, as a proxy may, is left unread. */
function againAt(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter)
    ? Date.now() + Number(retryAfter) * 1000
    : undefined;
}

function parseProblem(text: string): { error?: string; code?: string; outcome?: string } {
  try {
    return JSON.parse(text) as { error?: string; code?: string; outcome?: string };
  } catch {
    // A proxy in between has answered in its own words.
    return { error: text };
  }
}

export const whoAmI = () => send<SessionView>('GET', '/api/session');
export const setUp = (given: { login: string; name: string; password: string }) =>
  send<unknown>('POST', '/api/set-up', given);
/** Rejects with the code `code-missing` when the password is right and a one-time code is needed. */
export const logIn = (given: { login: string; password: string; code?: string }) =>
  send<unknown>('POST', '/api/session', given);
export const logOut = () => send<undefined>('DELETE', '/api/session');

export interface AccountView {
  readonly person: Person;
  readonly sessions: readonly (Session & { readonly current: boolean })[];
}
export const getAccount = () => send<AccountView>('GET', '/api/account');
export const changePassword = (current: string, next: string) =>
  send<undefined>('POST', '/api/account/password', { current, next });
export const beginCode = (password: string) =>
  send<{ secret: string; uri: string }>('POST', '/api/account/code', { password });
export const confirmCode = (code: string) => send<undefined>('POST', '/api/account/code/confirm', { code });
export const removeCode = (password: string) => send<undefined>('DELETE', '/api/account/code', { password });
export const endSession = (id: string) =>
  send<undefined>('DELETE', `/api/account/sessions/${encodeURIComponent(id)}`);
export const endAllSessions = () => send<undefined>('DELETE', '/api/account/sessions');

export interface WithPassword {
  readonly person: Person;
  readonly temporaryPassword: string;
}
const ofPerson = (id: string) => `/api/people/${encodeURIComponent(id)}`;
export const listPeople = async () => (await send<{ people: Person[] }>('GET', '/api/people')).people;
export const addPerson = (fields: PersonFields) => send<WithPassword>('POST', '/api/people', fields);
export const changePerson = (id: string, change: Partial<PersonFields> & { readonly disabled?: boolean }) =>
  send<unknown>('PATCH', ofPerson(id), change);
export const resetPassword = (id: string) => send<WithPassword>('POST', `${ofPerson(id)}/password`);
export const resetCode = (id: string) => send<unknown>('DELETE', `${ofPerson(id)}/code`);

export async function listAudit(query: {
  readonly before?: number | undefined;
  readonly action?: string | undefined;
}): Promise<AuditEntry[]> {
  const parameters = new URLSearchParams({ limit: '50' });
  if (query.before !== undefined) parameters.set('before', String(query.before));
  if (query.action !== undefined) parameters.set('action', query.action);
  return (await send<{ entries: AuditEntry[] }>('GET', `/api/audit?${parameters.toString()}`)).entries;
}
