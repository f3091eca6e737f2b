import { Form, Input, Modal, Segmented, Select } from 'antd';
import { useState } from 'react';
import type { TransferTarget } from '../../core/desk.ts';
import { dialable, isDialable } from './dialable.ts';
import { useStateName } from './state-bar.tsx';
import type { DeskState } from './state.ts';
import { useDeskTexts, type DeskTextKey } from './texts.ts';

const kinds = {
  queue: 'toQueue',
  agent: 'toColleague',
  number: 'toNumber',
  flow: 'toKefu',
} as const satisfies Record<TransferTarget['kind'], DeskTextKey>;
type Kind = keyof typeof kinds;

/** Lets the caller go on elsewhere, with a note for whoever takes over. */
export function TransferDialog(props: {
  readonly state: DeskState;
  readonly open: boolean;
  readonly transfer: (to: TransferTarget, note: string) => void;
  readonly close: () => void;
}) {
  const t = useDeskTexts();
  const stateName = useStateName();
  const [kind, setKind] = useState<Kind>('queue');
  const [chosen, setChosen] = useState<string | null>(null);
  const [number, setNumber] = useState('');
  const [note, setNote] = useState('');
  const { queues, flows, me } = props.state;
  const colleagues = props.state.colleagues.filter(({ id, state }) => id !== me?.id && state !== 'offline');
  const options = {
    queue: queues.map((queue) => ({ value: queue, label: queue })),
    agent: colleagues.map((colleague) => ({
      value: colleague.id,
      label: `${colleague.name} · ${stateName(colleague)}`,
    })),
    flow: flows.map(({ name, about }) => ({ value: name, label: about === '' ? name : about })),
    number: [],
  }[kind];
  const target = targetOf(kind, chosen, dialable(number));
  const wrongNumber = kind === 'number' && number !== '' && !target;
  return (
    <Modal
      title={t('transfer')}
      open={props.open}
      okText={t('transfer')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: !target }}
      onCancel={props.close}
      onOk={() => target && props.transfer(target, note.trim())}
      destroyOnHidden
    >
      <Form layout="vertical">
        <Form.Item label={t('transferTo')}>
          <Segmented<Kind>
            block
            vertical={window.innerWidth < 480}
            value={kind}
            onChange={(next) => {
              setKind(next);
              setChosen(null);
            }}
            options={(Object.keys(kinds) as Kind[]).map((value) => ({ value, label: t(kinds[value]) }))}
          />
        </Form.Item>
        <Form.Item
          label={t(kinds[kind])}
          htmlFor="transfer-target"
          {...(wrongNumber && { validateStatus: 'error' as const, help: t('badNumber') })}
        >
          {kind === 'number' ? (
            <Input
              id="transfer-target"
              value={number}
              placeholder={t('numberHint')}
              onChange={(event) => setNumber(event.target.value)}
            />
          ) : (
            <Select
              id="transfer-target"
              aria-label={t(kinds[kind])}
              showSearch={{ optionFilterProp: 'label' }}
              placeholder={t('choose')}
              value={chosen}
              onChange={(value: string) => setChosen(value)}
              options={options}
              {...(kind === 'agent' && { notFoundContent: t('nobodyThere') })}
            />
          )}
        </Form.Item>
        <Form.Item label={t('noteForNext')} htmlFor="transfer-note">
          <Input.TextArea
            id="transfer-note"
            rows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function targetOf(kind: Kind, chosen: string | null, number: string): TransferTarget | undefined {
  if (kind === 'number') return isDialable(number) ? { kind, number } : undefined;
  if (chosen === null) return undefined;
  switch (kind) {
    case 'queue':
      return { kind, queue: chosen };
    case 'agent':
      return { kind, agentId: chosen };
    case 'flow':
      return { kind, flow: chosen };
  }
}

/** Asks a second agent while the caller hears music. */
export function ConsultDialog(props: {
  readonly state: DeskState;
  readonly open: boolean;
  readonly consult: (agentId: string) => void;
  readonly close: () => void;
}) {
  const t = useDeskTexts();
  const stateName = useStateName();
  const [chosen, setChosen] = useState<string | null>(null);
  const { me } = props.state;
  const colleagues = props.state.colleagues.filter(({ id, state }) => id !== me?.id && state !== 'offline');
  return (
    <Modal
      title={t('consult')}
      open={props.open}
      okText={t('ask')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: chosen === null }}
      onCancel={props.close}
      onOk={() => chosen !== null && props.consult(chosen)}
      destroyOnHidden
    >
      <Form layout="vertical">
        <Form.Item label={t('whomToAsk')} htmlFor="consult-target">
          <Select
            id="consult-target"
            aria-label={t('whomToAsk')}
            showSearch={{ optionFilterProp: 'label' }}
            placeholder={t('choose')}
            value={chosen}
            onChange={(value: string) => setChosen(value)}
            options={colleagues.map((colleague) => ({
              value: colleague.id,
              label: `${colleague.name} · ${stateName(colleague)}`,
            }))}
            notFoundContent={t('nobodyThere')}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
