import { Badge, Card, Empty, Flex, Tabs, type InputRef } from 'antd';
import { useRef, useState } from 'react';
import type { AgentActivity } from '../../core/handoff.ts';
import type { OpenPanel } from './call-controls.tsx';
import { ContactView } from './contact-view.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { LinkBanner, useProblems } from './link-banner.tsx';
import { Messages } from './messages.tsx';
import { OfferCard } from './offer-card.tsx';
import type { Shortcut } from './shortcuts.ts';
import { SoundDialog } from './sound-dialog.tsx';
import { StateBar } from './state-bar.tsx';
import { ownContacts, type Contact, type DeskState } from './state.ts';
import { useDeskTexts, type DeskTextKey } from './texts.ts';
import { ConsultDialog, TransferDialog } from './transfer-dialog.tsx';
import { useDesk } from './use-desk.ts';
import { useShortcuts } from './use-shortcuts.ts';

/** Where an agent works: contacts ring, are answered, talked to, passed on and wrapped up. */
export function DeskPage() {
  const t = useDeskTexts();
  const { desk, state } = useDesk();
  const [dialog, setDialog] = useState<'sound' | 'help' | null>(null);
  const [panel, setPanel] = useState<{ readonly entryId: string; readonly name: OpenPanel } | null>(null);
  const notesRef = useRef<InputRef>(null);
  const searchRef = useRef<InputRef>(null);
  useProblems(state);
  const contacts = ownContacts(state);
  const contact = contacts.find(({ entryId }) => entryId === state.selectedId);
  const openPanel = contact && !contact.ended && panel?.entryId === contact.entryId ? panel.name : null;

  const toggle = (name: OpenPanel): void => {
    if (!contact) return;
    const { entryId } = contact;
    setPanel((before) => (before?.name === name && before.entryId === entryId ? null : { entryId, name }));
  };
  const run = (shortcut: Shortcut | number): boolean => {
    const offer = state.offers[0];
    switch (shortcut) {
      case 'help':
        setDialog('help');
        return true;
      case 'answer':
        if (offer) desk.accept(offer.card.entryId);
        return offer !== undefined;
      case 'decline':
        if (offer) desk.decline(offer.card.entryId);
        return offer !== undefined;
      case 'available':
        desk.choose(
          state.agent?.state === 'available' ? { state: 'break', reason: 'short' } : { state: 'available' },
        );
        return true;
      case 'notes':
        notesRef.current?.focus();
        return contact !== undefined;
      case 'search':
        searchRef.current?.focus();
        return contact !== undefined;
      case 'mute':
      case 'hold':
      case 'keys':
      case 'transfer':
      case 'consult':
      case 'finish':
        return contact ? runOnContact(shortcut, contact, state, desk, toggle) : false;
      default: {
        const other = ownContacts(state)[shortcut - 1];
        if (other) desk.dispatch({ type: 'select', entryId: other.entryId });
        return other !== undefined;
      }
    }
  };
  useShortcuts(run);

  return (
    <Flex vertical gap="middle">
      <LinkBanner state={state} desk={desk} />
      <StateBar
        state={state}
        choose={(choice) => desk.choose(choice)}
        takeCallsBy={(device) => desk.send({ type: 'device', device })}
        openSound={() => setDialog('sound')}
        openHelp={() => setDialog('help')}
      />
      <div aria-live="assertive" role="alert" style={hidden}>
        {state.offers.map(
          ({ card }) =>
            `${t('incoming')}: ${card.briefing?.customer?.name ?? card.call.from}. ${card.call.wanted}`,
        )}
      </div>
      {state.offers.map((offer) => (
        <OfferCard
          key={offer.card.entryId}
          offer={offer}
          aheadMs={state.clockAheadMs}
          takesFocus={contacts.every(({ ended }) => ended) && dialog === null}
          accept={() => desk.accept(offer.card.entryId)}
          decline={() => desk.decline(offer.card.entryId)}
        />
      ))}
      {contacts.length > 1 && (
        <Tabs
          activeKey={state.selectedId ?? ''}
          onChange={(entryId) => desk.dispatch({ type: 'select', entryId })}
          items={contacts.map((one) => ({ key: one.entryId, label: <ContactLabel contact={one} /> }))}
          tabBarStyle={{ margin: 0 }}
        />
      )}
      {contact && (
        <ContactView
          contact={contact}
          state={state}
          desk={desk}
          openPanel={openPanel}
          toggle={toggle}
          notesRef={notesRef}
          searchRef={searchRef}
        />
      )}
      {!contact && state.offers.length === 0 && state.agent && (
        <Card>
          <Empty description={t(emptyTexts[state.agent.state] ?? 'noContact')} />
        </Card>
      )}
      <Messages waiting={state.queue?.waiting ?? 0} mayTake={state.agent?.state === 'available'} />
      {contact && (
        <>
          <TransferDialog
            key={`transfer ${contact.entryId}`}
            state={state}
            open={openPanel === 'transfer'}
            close={() => setPanel(null)}
            transfer={(to, note) => {
              if (desk.send({ type: 'transfer', entryId: contact.entryId, to, note })) setPanel(null);
            }}
          />
          <ConsultDialog
            key={`consult ${contact.entryId}`}
            state={state}
            open={openPanel === 'consult'}
            close={() => setPanel(null)}
            consult={(agentId) => {
              if (desk.send({ type: 'consult', entryId: contact.entryId, agentId })) setPanel(null);
            }}
          />
        </>
      )}
      {dialog === 'sound' && <SoundDialog desk={desk} close={() => setDialog(null)} />}
      {dialog === 'help' && <HelpDialog close={() => setDialog(null)} />}
    </Flex>
  );
}

const emptyTexts: Partial<Record<AgentActivity, DeskTextKey>> = {
  available: 'noContactAvailable',
  offline: 'noContactOffline',
  'after-call': 'noContactAfterCall',
};

/** For screen readers only. */
const hidden = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
} as const;

/** What a shortcut does to the contact in hand; false when its button is not there either. */
function runOnContact(
  shortcut: 'mute' | 'hold' | 'keys' | 'transfer' | 'consult' | 'finish',
  contact: Contact,
  state: DeskState,
  desk: ReturnType<typeof useDesk>['desk'],
  toggle: (panel: OpenPanel) => void,
): boolean {
  const { entryId, conversation, card, ended } = contact;
  const how = conversation.state;
  const isText = card.call.channel === 'text';
  const sounds = !isText && state.device === 'browser';
  const alone = how === 'talking' || how === 'hold';
  if (ended) return false;
  switch (shortcut) {
    case 'mute':
      if (sounds) desk.mute(!state.muted);
      return sounds;
    case 'hold':
      if (!isText && alone) desk.send({ type: 'hold', entryId, on: how !== 'hold' });
      return !isText && alone;
    case 'keys':
      if (!isText && how !== 'consulted') toggle('keys');
      return !isText && how !== 'consulted';
    case 'transfer':
      if (alone) toggle('transfer');
      return alone;
    case 'consult':
      if (!isText && alone) toggle('consult');
      return !isText && alone;
    case 'finish': {
      const mayFinish = how !== 'consulted' && how !== 'consulting';
      if (mayFinish) desk.send({ type: 'finish', entryId });
      return mayFinish;
    }
  }
}

/** Whose conversation a tab is, with a dot while its last word is the customer's. */
function ContactLabel({ contact }: { readonly contact: Contact }) {
  const { card, ended } = contact;
  const waits = !ended && card.call.channel === 'text' && card.transcript.at(-1)?.who === 'caller';
  const name = card.briefing?.customer?.name ?? card.call.customerName ?? card.call.from;
  return (
    <Badge dot={waits} offset={[4, 2]}>
      <span style={{ opacity: ended ? 0.6 : 1 }}>{name}</span>
    </Badge>
  );
}
