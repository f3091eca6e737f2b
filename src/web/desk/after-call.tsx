import { Alert, Button, Card, Flex, Input, Space, Typography, type InputRef } from 'antd';
import type { RefObject } from 'react';
import { useDeskCodes } from './code-names.ts';
import type { DeskClient } from './client.ts';
import type { Contact, DeskState } from './state.ts';
import { useDeskTexts } from './texts.ts';

/** Notes on a contact, while it goes on and after. */
export function Notes({
  contact,
  state,
  desk,
  inputRef,
}: {
  readonly contact: Contact;
  readonly state: DeskState;
  readonly desk: DeskClient;
  readonly inputRef: RefObject<InputRef | null>;
}) {
  const t = useDeskTexts();
  const key = `note:${contact.entryId}`;
  const text = state.drafts[key] ?? '';
  const ready = text.trim() !== '' && state.link.state === 'open';
  const add = () => {
    if (!ready) return;
    desk.note(contact.card.call.callId, text.trim());
    desk.dispatch({ type: 'draft', key, text: '' });
  };
  return (
    <Flex vertical gap="small">
      {contact.notes.map((note, index) => (
        <Typography.Paragraph key={index} style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
          {note}
        </Typography.Paragraph>
      ))}
      <Flex gap="small" wrap>
        <Input
          ref={inputRef}
          style={{ flex: '1 1 180px' }}
          aria-label={t('notes')}
          placeholder={t('noteHint')}
          maxLength={4000}
          value={text}
          onChange={(event) => desk.dispatch({ type: 'draft', key, text: event.target.value })}
          onPressEnter={add}
        />
        <Button disabled={!ready} onClick={add}>
          {t('addNote')}
        </Button>
      </Flex>
    </Flex>
  );
}

/** What is left to do when a conversation is over. */
export function AfterCall(props: {
  readonly contact: Contact;
  readonly state: DeskState;
  readonly desk: DeskClient;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const { contact, state, desk } = props;
  const offline = state.link.state !== 'open';
  const busy = state.contacts.some(({ ended }) => !ended);
  if (!contact.ended) return null;
  return (
    <Card size="small" title={t('afterCall')}>
      <Flex vertical gap="middle">
        <Alert
          role="status"
          type={contact.ended.because === 'lost' ? 'warning' : 'info'}
          showIcon
          title={nameOf('ended', contact.ended.because)}
        />
        {state.wrapUpCodes.length > 0 && (
          <div role="group" aria-label={t('howDidItEnd')}>
            <Typography.Paragraph style={{ marginBottom: 8 }}>{t('howDidItEnd')}</Typography.Paragraph>
            <Space wrap>
              {state.wrapUpCodes.map((code) => (
                <Button
                  key={code}
                  type={contact.wrapUpCode === code ? 'primary' : 'default'}
                  aria-pressed={contact.wrapUpCode === code}
                  disabled={offline}
                  onClick={() => desk.wrapUp(contact.card.call.callId, code)}
                >
                  {nameOf('wrapUp', code)}
                </Button>
              ))}
            </Space>
            {contact.wrapUpCode !== null && (
              <Typography.Paragraph role="status" type="secondary" style={{ margin: '8px 0 0' }}>
                {t('savedAs')}: {nameOf('wrapUp', contact.wrapUpCode)}
              </Typography.Paragraph>
            )}
          </div>
        )}
        <Space wrap>
          {busy ? (
            <Button onClick={() => desk.dispatch({ type: 'dismiss', entryId: contact.entryId })}>
              {t('close')}
            </Button>
          ) : (
            <>
              <Button type="primary" disabled={offline} onClick={() => desk.choose({ state: 'available' })}>
                {t('nextContact')}
              </Button>
              <Button disabled={offline} onClick={() => desk.choose({ state: 'break', reason: 'short' })}>
                {t('doneBreak')}
              </Button>
            </>
          )}
        </Space>
      </Flex>
    </Card>
  );
}
