import { columns } from './columns';

it('aligns the columns and leaves no blanks at the ends of lines', () => {
  expect(
    columns(
      ['id', 'why'],
      [
        ['1', 'a long reason'],
        ['1000', ''],
      ],
    ),
  ).toBe('  id    why\n  1     a long reason\n  1000');
});
