import { runMain } from '@pugmark/toolkit';
import { tensorflowCommand } from './tensorflow-command';

void runMain({ tensorflow: tensorflowCommand }, __dirname);
