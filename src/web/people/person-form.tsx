import { Button, Drawer, Flex, Form, Input, InputNumber, Select, Switch } from 'antd';
import { useContext, useState } from 'react';
import type { Language } from '../../core/language.ts';
import type { Person, PersonFields, Role } from '../../core/people.ts';
import { loginPattern } from '../pages/set-up.tsx';
import { LanguageContext, useTexts } from '../texts.ts';
import { HoursFields } from './hours-fields.tsx';
import { hoursOf, hoursValuesOf, type HoursValues } from './hours-values.ts';
import { Problem } from './problem.tsx';
import { problems } from './texts.ts';

/** From the most to the least common. */
export const roleOrder: readonly Role[] = ['agent', 'supervisor', 'engineer', 'administrator'];

interface Values {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly codeRequired: boolean;
  readonly teams: string[];
  readonly languages: Language[];
  readonly skills: { readonly skill: string; readonly level: number }[];
  readonly textCapacity: number;
  readonly telephone?: string | undefined;
  readonly hours: HoursValues;
}

const newPerson: Partial<Values> = {
  role: 'agent',
  codeRequired: false,
  teams: [],
  languages: ['en', 'zh'],
  skills: [],
  textCapacity: 3,
  hours: hoursValuesOf(undefined),
};

const valuesOf = ({ login, name, role, codeRequired, profile }: Person): Values => ({
  login,
  name,
  role,
  codeRequired,
  ...profile,
  teams: [...profile.teams],
  languages: [...profile.languages],
  skills: Object.entries(profile.skills).map(([skill, level]) => ({ skill, level })),
  hours: hoursValuesOf(profile.hours),
});

const fieldsOf = ({
  teams,
  languages,
  skills,
  textCapacity,
  telephone = '',
  hours: hoursValues,
  ...fields
}: Values): PersonFields => {
  const hours = hoursOf(hoursValues);
  return {
    ...fields,
    profile: {
      teams,
      languages,
      textCapacity,
      ...(telephone.trim() !== '' && { telephone: telephone.trim() }),
      ...(hours && { hours }),
      skills: Object.fromEntries(skills.map(({ skill, level }) => [skill.trim(), level])),
    },
  };
};

/** Adds or changes a person. `save` rejects with what the server refuses, which is shown. */
export function PersonForm(props: {
  /** Undefined: somebody new. */
  readonly person: Person | undefined;
  /** Teams that others are in, to choose from. */
  readonly teams: readonly string[];
  readonly onClose: () => void;
  readonly save: (fields: PersonFields) => Promise<void>;
}) {
  const t = useTexts();
  const language = useContext(LanguageContext);
  const [form] = Form.useForm<Values>();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function finish(values: Values): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await props.save(fieldsOf(values));
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  const required = (message: string) => ({ required: true, message });
  return (
    <Drawer
      open
      size="min(100vw, 480px)"
      title={t(props.person ? 'editPerson' : 'addPerson')}
      onClose={props.onClose}
      footer={
        <Flex gap="small" justify="end">
          <Button onClick={props.onClose}>{t('cancel')}</Button>
          <Button type="primary" loading={busy} onClick={() => form.submit()}>
            {t(props.person ? 'save' : 'create')}
          </Button>
        </Flex>
      }
    >
      <Problem problem={problem} />
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={props.person ? valuesOf(props.person) : newPerson}
        onFinish={(values) => void finish(values)}
      >
        <Form.Item
          name="login"
          label={t('logInName')}
          rules={[
            required(t('logInName')),
            { pattern: loginPattern, message: problems.login_invalid?.[language] ?? '' },
          ]}
        >
          <Input autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={64} />
        </Form.Item>
        <Form.Item
          name="name"
          label={t('displayName')}
          rules={[{ required: true, whitespace: true, message: t('name') }]}
        >
          <Input autoComplete="off" maxLength={100} />
        </Form.Item>
        <Form.Item name="role" label={t('role')}>
          <Select options={roleOrder.map((value) => ({ value, label: t(value) }))} />
        </Form.Item>
        <Form.Item name="codeRequired" label={t('codeRequired')} valuePropName="checked">
          <Switch />
        </Form.Item>
        <Form.Item name="teams" label={t('teams')}>
          <Select mode="tags" options={props.teams.map((value) => ({ value, label: value }))} />
        </Form.Item>
        <Form.Item name="languages" label={t('languagesSpoken')}>
          <Select
            mode="multiple"
            options={[
              { value: 'en', label: t('english') },
              { value: 'zh', label: t('chinese') },
            ]}
          />
        </Form.Item>
        <Form.Item label={t('skills')}>
          <Form.List name="skills">
            {(fields, { add, remove }) => (
              <Flex vertical gap="small">
                {fields.map(({ key, name }) => (
                  <Flex key={key} gap="small">
                    <Form.Item
                      noStyle
                      name={[name, 'skill']}
                      rules={[{ required: true, whitespace: true, message: t('skill') }]}
                    >
                      <Input aria-label={t('skill')} placeholder={t('skill')} maxLength={64} />
                    </Form.Item>
                    <Form.Item noStyle name={[name, 'level']}>
                      <InputNumber aria-label={t('level')} min={1} max={5} precision={0} />
                    </Form.Item>
                    <Button onClick={() => remove(name)}>{t('remove')}</Button>
                  </Flex>
                ))}
                <Button onClick={() => add({ skill: '', level: 3 })}>{t('addSkill')}</Button>
              </Flex>
            )}
          </Form.List>
        </Form.Item>
        <Form.Item name="textCapacity" label={t('textCapacity')} rules={[required(t('textCapacity'))]}>
          <InputNumber min={0} max={20} precision={0} />
        </Form.Item>
        <Form.Item
          name="telephone"
          label={t('telephoneOfPerson')}
          extra={t('telephoneHint')}
          rules={[{ pattern: /^\+\d{6,15}$/, message: t('telephoneHint') }]}
        >
          <Input maxLength={100} />
        </Form.Item>
        <HoursFields />
      </Form>
    </Drawer>
  );
}
