/* The pool as a provider of the whole application, which ends it. What a query fails with becomes an answer in one place. */

import { Catch, Global, HttpException, Inject, Module } from '@nestjs/common';
import type { ArgumentsHost, OnApplicationShutdown } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { createPool, HyperionError, Pool } from 'hyperiondb-client';

@Global()
@Module({
  providers: [
    {
      provide: Pool,
      useFactory: () => createPool(process.env['DATABASE_URL'], { applicationName: 'accounts' }),
    },
  ],
  exports: [Pool],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  onApplicationShutdown() {
    return this.pool.end();
  }
}

@Catch(HyperionError)
export class DatabaseErrors extends BaseExceptionFilter {
  override catch(error: HyperionError, host: ArgumentsHost) {
    const answer =
      error.outcome === 'unknown'
        ? new HttpException('it may have been stored', 500)
        : new HttpException(error.name, error.retryable ? 503 : 500);
    super.catch(answer, host);
  }
}
