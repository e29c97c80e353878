import { loadConfig } from '@pugmark/platform';
import { GatewayConfig } from './config';

const REQUIRED = {
  DATABASE_URL: 'postgres://user:hunter2@db/pugmark',
  RABBITMQ_URL: 'amqp://broker',
  HEALTH_PORT: '9100',
  STORAGE_DIR: '/var/lib/pugmark',
  INGEST_ROOTS: '/srv/cards:/mnt/share',
};

describe('GatewayConfig', () => {
  it('needs only what has no sensible default', () => {
    expect(loadConfig(GatewayConfig, REQUIRED)).toMatchObject({ PORT: 8080, INGEST_ROOTS: ['/srv/cards', '/mnt/share'], REDIS_KEY_PREFIX: '' });
  });

  it('lists every problem at once, and no secret', () => {
    const bad = { ...REQUIRED, PORT: '99999', REDIS_URL: 'http://user:hunter2@x', STORAGE_DIR: '', UPLOAD_MAX_FILES: 'many', INGEST_ROOTS: ':' };
    const load = (): GatewayConfig => loadConfig(GatewayConfig, bad);
    expect(load).toThrow(/PORT[\s\S]*REDIS_URL[\s\S]*STORAGE_DIR[\s\S]*INGEST_ROOTS[\s\S]*UPLOAD_MAX_FILES/);
    expect(load).not.toThrow(/hunter2/);
  });
});
