import { Modal, Table, Typography } from 'antd';
import { shortcuts } from './shortcuts.ts';
import { useDeskTexts } from './texts.ts';

/** All shortcuts. */
export function HelpDialog({ close }: { readonly close: () => void }) {
  const t = useDeskTexts();
  const rows = [
    ...Object.values(shortcuts).map(({ shown, about }) => ({ keys: `Alt+${shown}`, about: t(about) })),
    { keys: 'Alt+1 … Alt+9', about: t('switchContact') },
  ];
  return (
    <Modal title={t('shortcuts')} open footer={null} onCancel={close}>
      <Typography.Paragraph>{t('shortcutHint')}</Typography.Paragraph>
      <Table
        size="small"
        pagination={false}
        rowKey="keys"
        dataSource={rows}
        columns={[
          {
            title: t('shortcuts'),
            render: (_, { keys }) => <Typography.Text keyboard>{keys}</Typography.Text>,
          },
          { title: t('move'), dataIndex: 'about' },
        ]}
      />
    </Modal>
  );
}
