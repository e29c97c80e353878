export { BUILTIN_MODEL, builtinModelFolder } from './builtin-model';
export { createEngine, type EngineChoice } from './create-engine';
export type { Engine, EngineInfo } from './engine';
