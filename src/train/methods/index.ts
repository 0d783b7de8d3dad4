import type { TrainingConfig } from '../config.js';
import type { Method } from '../method.js';
import { guoEccv18 } from './guo-eccv18.js';

/** All methods by name. */
export const methods: Readonly<Record<TrainingConfig['method'], Method>> = { 'guo-eccv18': guoEccv18 };
