import { PreparedNames } from './prepared';

describe('names of prepared statements', () => {
  it('are the same for the same text, and for marked ones alone', () => {
    const names = new PreparedNames();
    expect(['/* prepared */ select 1', 'select 1', ' \n/* prepared */ select 2', '/* prepared */ select 1'].map((text) => names.nameOf(text))).toEqual(['prepared_1', null, 'prepared_2', 'prepared_1']);
  });

  it('are given to a hundred: the plans of more would fill the memory of Postgres', () => {
    const names = new PreparedNames();
    const given = Array.from({ length: 150 }, (_, n) => names.nameOf(`/* prepared */ select ${n}`));
    expect(given.filter((name) => name !== null)).toHaveLength(100);
    expect([names.nameOf('/* prepared */ select 3'), names.nameOf('/* prepared */ select 120')]).toEqual(['prepared_4', null]);
  });
});
