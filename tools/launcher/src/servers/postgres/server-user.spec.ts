import { postgresUser } from './server-user';

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n';

it('runs Postgres as the user who started it', () => expect(postgresUser(1000, () => PASSWD)).toBeUndefined());

it('runs Postgres as the user postgres when started by root', () => {
  expect(postgresUser(0, () => `${PASSWD}postgres:x:105:110::/var/lib/postgresql:/bin/bash\n`)).toEqual({
    name: 'postgres',
    uid: 105,
    gid: 110,
  });
});

it('falls back to the user nobody', () =>
  expect(postgresUser(0, () => PASSWD)).toEqual({ name: 'nobody', uid: 65534, gid: 65533 }));

it('throws when neither user exists', () => expect(() => postgresUser(0, () => '')).toThrow('does not run as root'));
