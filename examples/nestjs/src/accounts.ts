import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { Pool, sql } from 'hyperiondb-client';

interface Account {
  owner: string;
  balance: number;
}
interface Transfer {
  from: string;
  to: string;
  amount: number;
}

const pay = (owner: string, amount: number) =>
  sql<Account>`update accounts set balance = balance + ${amount} where owner = ${owner} returning owner, balance`;

@Controller('accounts')
export class AccountsController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get(':owner')
  async one(@Param('owner') owner: string): Promise<Account> {
    const [account] = await this.pool.query(
      sql<Account>`select owner, balance from accounts where owner = ${owner}`,
      { timeoutMs: 2_000 },
    );
    if (account === undefined) throw new NotFoundException();
    return account;
  }

  @Post('transfers')
  @HttpCode(204)
  async transfer(@Body() { from, to, amount }: Transfer) {
    await this.pool.transaction(
      async (tx) => {
        await tx.query(pay(from, -amount));
        const { rowCount } = await tx.query(pay(to, amount));
        if (rowCount === 0) throw new NotFoundException(); // and nothing is stored
      },
      { exactlyOnce: true },
    );
  }
}

@Module({ controllers: [AccountsController] })
export class AccountsModule {}
