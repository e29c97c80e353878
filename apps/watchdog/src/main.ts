import { IncidentRepository } from '@pugmark/db';
import { runPugmarkService } from '@pugmark/service';
import { TaskInvariantCheck } from './checks/task-invariant.check';
import { TaskProgressCheck } from './checks/task-progress.check';
import { WatchdogConfig } from './config';

runPugmarkService('watchdog', WatchdogConfig, process.env, ({ config, logger, metrics, runtime }) => {
  const { db, tasks } = runtime;
  const parts = { db, tasks, incidents: new IncidentRepository(), logger, metrics };
  const invariant = new TaskInvariantCheck(parts, config.INVARIANT_GRACE_SECONDS);
  const progress = new TaskProgressCheck(parts);
  runtime.startLoop('task invariant', async () => {
    await invariant.run();
    return config.CHECK_INTERVAL_MS;
  });
  runtime.startLoop('task progress', async () => {
    await progress.run();
    return config.CHECK_INTERVAL_MS;
  });
});
