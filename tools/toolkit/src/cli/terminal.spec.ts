import { Terminal } from './terminal';

function given(isTTY: boolean) {
  let written = '';
  const output = { isTTY, columns: 20, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
  return { terminal: new Terminal(output), text: () => written };
}

it('redraws the progress below each line', () => {
  const { terminal, text } = given(true);
  terminal.progress('half');
  terminal.line('news');
  terminal.progress('');
  expect(text()).toBe('half\r\u001b[2Knews\nhalf\r\u001b[2K');
});

it('cuts a progress line that would wrap', () => {
  const { terminal, text } = given(true);
  terminal.progress('x'.repeat(50));
  expect(text()).toHaveLength(19);
});

it('writes only lines where there is no terminal', () => {
  const { terminal, text } = given(false);
  terminal.progress('half');
  terminal.line('news');
  expect(text()).toBe('news\n');
});
