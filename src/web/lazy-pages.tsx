import { Skeleton } from 'antd';
import { lazy, Suspense, type ReactNode } from 'react';

/*
 * Pages that are loaded when they are opened, so that the test call does not wait for them.
 */

const Desk = lazy(async () => ({ default: (await import('./desk/desk-page.tsx')).DeskPage }));
const Supervise = lazy(async () => ({
  default: (await import('./supervise/supervise-page.tsx')).SupervisePage,
}));
const Figures = lazy(async () => ({ default: (await import('./figures/figures-page.tsx')).FiguresPage }));

function Loading({ children }: { readonly children: ReactNode }) {
  return <Suspense fallback={<Skeleton active />}>{children}</Suspense>;
}

export function DeskPage() {
  return (
    <Loading>
      <Desk />
    </Loading>
  );
}

export function SupervisePage() {
  return (
    <Loading>
      <Supervise />
    </Loading>
  );
}

export function FiguresPage() {
  return (
    <Loading>
      <Figures />
    </Loading>
  );
}
