/** Sets up the people of a Kefu under test, over its API as a page does. */

const password = 'plum violin harbour';

async function send(url: string, path: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${String(response.status)}: ${text}`);
  return { text, cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' };
}

/** Somebody who is logged in. */
export interface LoggedIn {
  readonly id: string;
  readonly cookie: string;
}

export interface Staff {
  /** Adds somebody and logs them in. */
  add(login: string, role: 'agent' | 'supervisor', more?: object): Promise<LoggedIn>;
}

/** Makes the first administrator of a Kefu that has none. */
export async function setUpStaff(url: string): Promise<Staff> {
  await send(url, '/api/set-up', { login: 'administrator', name: 'Ada', password });
  const { cookie } = await send(url, '/api/session', { login: 'administrator', password });
  return {
    async add(login, role, more = {}) {
      const name = login.slice(0, 1).toUpperCase() + login.slice(1);
      const added = await send(url, '/api/people', { login, name, role, ...more }, { cookie });
      const { person, temporaryPassword } = JSON.parse(added.text) as {
        person: { id: string };
        temporaryPassword: string;
      };
      const first = await send(url, '/api/session', { login, password: temporaryPassword });
      const change = { current: temporaryPassword, next: password };
      const headers = { cookie: first.cookie };
      const changed = await send(url, '/api/account/password', change, headers);
      return { id: person.id, cookie: changed.cookie === '' ? first.cookie : changed.cookie };
    },
  };
}
