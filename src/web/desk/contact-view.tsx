import { Card, Flex, Tabs, type InputRef } from 'antd';
import type { RefObject } from 'react';
import { AfterCall, Notes } from './after-call.tsx';
import { BriefingView, WhoLine } from './briefing.tsx';
import { CallControls, type OpenPanel } from './call-controls.tsx';
import type { DeskClient } from './client.ts';
import { isTalking } from './flow-answers.ts';
import { Composer } from './composer.tsx';
import { CustomerView } from './customer.tsx';
import { FlowPanel } from './flow-panel.tsx';
import type { Contact, DeskState } from './state.ts';
import { SuggestedAnswers } from './suggested-answers.tsx';
import { useDeskTexts } from './texts.ts';
import { Transcript } from './transcript.tsx';

/** A contact in hand: controls and transcript on one side, what is known on the other. */
export function ContactView(props: {
  readonly contact: Contact;
  readonly state: DeskState;
  readonly desk: DeskClient;
  readonly openPanel: OpenPanel | null;
  readonly toggle: (panel: OpenPanel) => void;
  readonly notesRef: RefObject<InputRef | null>;
  readonly searchRef: RefObject<InputRef | null>;
}) {
  const t = useDeskTexts();
  const { contact, state, desk } = props;
  const { card, ended } = contact;
  const isText = card.call.channel === 'text';
  return (
    <Flex gap="middle" wrap align="start">
      <Flex vertical gap="middle" style={{ flex: '3 1 420px', minWidth: 0, maxWidth: '100%' }}>
        <Card size="small">
          <Flex vertical gap="middle">
            <WhoLine card={card} />
            {!ended && (
              <CallControls
                contact={contact}
                state={state}
                levels={desk.levels}
                openPanel={props.openPanel}
                toggle={props.toggle}
                mute={(on) => desk.mute(on)}
                send={(request) => desk.send(request)}
              />
            )}
          </Flex>
        </Card>
        {ended && <AfterCall contact={contact} state={state} desk={desk} />}
        <Card size="small" title={t('transcript')}>
          <Flex vertical gap="small">
            <Transcript key={contact.entryId} lines={card.transcript} searchRef={props.searchRef} />
            {isTalking(contact) && <SuggestedAnswers contact={contact} desk={desk} />}
            {isText && !ended && <Composer contact={contact} state={state} desk={desk} />}
          </Flex>
        </Card>
      </Flex>
      <Flex vertical gap="middle" style={{ flex: '2 1 300px', minWidth: 0, maxWidth: '100%' }}>
        {isTalking(contact) && <FlowPanel callId={card.call.callId} />}
        <Card size="small">
          <Tabs
            items={[
              { key: 'briefing', label: t('briefing'), children: <BriefingView card={card} showsEarlier /> },
              {
                key: 'customer',
                label: t('customer'),
                children: <CustomerView customerId={card.briefing?.customer?.id} />,
              },
            ]}
          />
        </Card>
        <Card size="small" title={t('notes')}>
          <Notes contact={contact} state={state} desk={desk} inputRef={props.notesRef} />
        </Card>
      </Flex>
    </Flex>
  );
}
