/*
 * NestJS: one pool for the application, which ends it when it shuts down.
 *
 *   npm install && npm run build && DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop PORT=3000 npm start
 */

import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { AccountsModule } from './accounts.js';
import { DatabaseErrors, DatabaseModule } from './database.js';

@Module({ imports: [DatabaseModule, AccountsModule] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.useGlobalFilters(new DatabaseErrors(app.get(HttpAdapterHost).httpAdapter));
app.enableShutdownHooks(); // SIGTERM
await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1');
console.log(`listening on ${(app.getHttpServer().address() as { port: number }).port}`);
