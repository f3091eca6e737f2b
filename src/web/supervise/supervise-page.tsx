import { Alert, Button, Card, Flex, Table } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { LiveCall, SuperviseMode } from '../../core/desk.ts';
import { LinkBanner, useProblems } from '../desk/link-banner.tsx';
import { QueueLength, StateTag } from '../desk/state-bar.tsx';
import { byAnger, watchedContact, type DeskState } from '../desk/state.ts';
import { useDeskTexts } from '../desk/texts.ts';
import { useDesk } from '../desk/use-desk.ts';
import { matching, noFilter } from './filter.ts';
import { LiveCalls } from './live-calls.tsx';
import { WatchedCall } from './watched-call.tsx';

const supervisingRoles: readonly string[] = ['supervisor', 'administrator'];

/** Where supervisors see all contacts, listen, help and take over. */
export function SupervisePage() {
  const t = useDeskTexts();
  const { desk, state } = useDesk();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [filter, setFilter] = useState(noFilter);
  const watchedBox = useRef<HTMLDivElement>(null);
  useProblems(state);
  const watched = watchedContact(state);
  const chosen =
    state.liveCalls.find(({ callId }) => callId === chosenId) ??
    (watched?.card.call.callId === chosenId ? watched.card.call : undefined);

  const wasLost = useRef(false);
  useEffect(() => {
    if (state.link.state !== 'open') {
      wasLost.current = true;
      return;
    }
    // After a reconnect the chosen call is watched again; whoever whispered or joined does so anew when they want to.
    if (wasLost.current && chosenId !== null && !watched) {
      desk.dispatch({ type: 'silent', on: true });
      desk.send({ type: 'supervise', callId: chosenId, mode: 'listen' });
    }
    wasLost.current = false;
  }, [state.link.state, chosenId, watched, desk]);

  useEffect(
    () => () => {
      // Whoever leaves the page no longer listens; a call that was taken over is not a watched one any more.
      const left = watchedContact(desk.state);
      if (left) desk.send({ type: 'supervise-end', callId: left.card.call.callId });
    },
    [desk],
  );

  useEffect(() => {
    // On a narrow screen it is below the lists. In braces: newer browsers return a promise here.
    if (chosenId !== null) watchedBox.current?.scrollIntoView({ block: 'nearest' });
  }, [chosenId]);

  function supervise(callId: string, mode: SuperviseMode, silent: boolean): void {
    if (mode !== 'listen' || !silent) desk.audio.prepare().catch(reportSound);
    desk.dispatch({ type: 'silent', on: silent });
    desk.send({ type: 'supervise', callId, mode });
  }
  function reportSound(error: unknown): void {
    console.error('The loudspeaker could not be opened', error);
    desk.dispatch({ type: 'problem', code: 'no-loudspeaker', message: '' });
  }
  function choose(call: LiveCall): void {
    if (call.callId === chosenId) return;
    const before = watched?.card.call.callId;
    if (before !== undefined) desk.send({ type: 'supervise-end', callId: before });
    setChosenId(call.callId);
    supervise(call.callId, 'listen', true);
  }
  function leave(): void {
    if (watched) desk.send({ type: 'supervise-end', callId: watched.card.call.callId });
    setChosenId(null);
  }

  const notAllowed = state.me !== null && !supervisingRoles.includes(state.me.role);
  return (
    <Flex vertical gap="middle">
      <LinkBanner state={state} desk={desk} />
      {state.offers.length > 0 && (
        <Alert
          role="alert"
          type="info"
          showIcon
          title={t('incoming')}
          action={
            <Link to="/desk">
              <Button type="primary">{t('toDesk')}</Button>
            </Link>
          }
        />
      )}
      {notAllowed ? (
        <Alert type="warning" showIcon title={t('notSupervisor')} />
      ) : (
        <Flex gap="middle" wrap align="start">
          <Flex vertical gap="middle" style={{ flex: '1 1 420px', minWidth: 0, maxWidth: '100%' }}>
            <Card size="small" title={t('liveCalls')} extra={<QueueLength state={state} />}>
              <LiveCalls
                calls={byAnger(state.liveCalls.filter((call) => matching(call, filter)))}
                total={state.liveCalls.length}
                filter={filter}
                onFilter={setFilter}
                chosenId={chosenId}
                choose={choose}
                aheadMs={state.clockAheadMs}
              />
            </Card>
            <Card size="small" title={t('colleagues')}>
              <Colleagues state={state} />
            </Card>
          </Flex>
          <div ref={watchedBox} style={{ flex: '1 1 420px', minWidth: 0, maxWidth: '100%' }}>
            <WatchedCall
              key={chosenId}
              desk={desk}
              state={state}
              call={chosen}
              wasChosen={chosenId !== null}
              supervise={supervise}
              leave={leave}
            />
          </div>
        </Flex>
      )}
    </Flex>
  );
}

function Colleagues({ state }: { readonly state: DeskState }) {
  const t = useDeskTexts();
  const present = state.colleagues
    .filter(({ state: doing }) => doing !== 'offline')
    .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <Table
      size="small"
      showHeader={false}
      pagination={false}
      rowKey="id"
      dataSource={present}
      locale={{ emptyText: t('noColleagues') }}
      columns={[
        { dataIndex: 'name' },
        { render: (_, { teams }) => teams.join(', '), responsive: ['sm'] },
        {
          render: (_, colleague) => <StateTag agent={colleague} aheadMs={state.clockAheadMs} />,
          align: 'end',
        },
      ]}
    />
  );
}
