import type { ReactNode } from 'react';
import type { Role, SessionView } from '../core/people.ts';
import { DeskPage, FiguresPage, SupervisePage } from './lazy-pages.tsx';
import { AccountPage } from './pages/account.tsx';
import { AuditPage } from './pages/audit.tsx';
import { CallPage } from './pages/call.tsx';
import { CallsPage } from './pages/calls.tsx';
import { PeoplePage } from './pages/people.tsx';
import { SetUpPage } from './pages/set-up.tsx';
import { TestCallPage } from './pages/test-call.tsx';
import type { TextKey } from './texts.ts';

/** A page, and who may use it. */
export interface PageEntry {
  readonly path: string;
  /** Its word in the menu; undefined: reached from elsewhere. */
  readonly menu?: TextKey;
  /** Undefined: everybody who is logged in. The server decides by itself; this is so that nobody is shown what is not for them. */
  readonly roles?: readonly Role[];
  readonly element: ReactNode;
}

/** Every page, in the order of the menu. */
const pages: readonly PageEntry[] = [
  { path: '/', menu: 'testCall', element: <TestCallPage /> },
  {
    path: '/calls',
    menu: 'calls',
    roles: ['supervisor', 'engineer', 'administrator'],
    element: <CallsPage />,
  },
  { path: '/calls/:id', roles: ['supervisor', 'engineer', 'administrator'], element: <CallPage /> },
  { path: '/desk', menu: 'desk', roles: ['agent', 'supervisor', 'administrator'], element: <DeskPage /> },
  {
    path: '/supervise',
    menu: 'supervise',
    roles: ['supervisor', 'administrator'],
    element: <SupervisePage />,
  },
  {
    path: '/figures',
    menu: 'figures',
    roles: ['supervisor', 'engineer', 'administrator'],
    element: <FiguresPage />,
  },
  { path: '/people', menu: 'people', roles: ['supervisor', 'administrator'], element: <PeoplePage /> },
  { path: '/audit', menu: 'audit', roles: ['administrator'], element: <AuditPage /> },
  { path: '/account', element: <AccountPage /> },
  { path: '/set-up', element: <SetUpPage /> },
];

/** The pages for whoever looks. Before Kefu is set up, somebody unknown is shown all: each page then asks for the API token. */
export function pagesFor({ me }: Pick<SessionView, 'me'>): readonly PageEntry[] {
  return pages.filter(({ roles }) => !me || (roles?.includes(me.role) ?? true));
}
