import * as client from 'hyperiondb-client';
import check from './check.cjs';

await check(client);
