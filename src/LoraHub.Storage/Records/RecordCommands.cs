using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LoraHub.Storage.Records;

/// <summary>
/// Runs the statements that every prediction needs, in SQL that both databases understand and in the context's transaction. A query of EF Core takes
/// several times as long as SQLite takes for such a statement. Commands are kept, because SQLite keeps those prepared while the connection is open.
/// </summary>
sealed class RecordCommands(DbContext records)
{
    const int Most = 100; // statements with a varying number of rows differ

    readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);
    DbConnection? _connection;

    /// <param name="sql">Its values become parameters.</param>
    /// <returns>The number of rows changed.</returns>
    public async Task<int> ExecuteAsync(FormattableString sql, CancellationToken cancellationToken) =>
        await (await CommandAsync(sql, cancellationToken)).ExecuteNonQueryAsync(cancellationToken);

    /// <param name="sql">Its values become parameters.</param>
    /// <param name="read">Reads a row.</param>
    public async Task<List<T>> QueryAsync<T>(FormattableString sql, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await (await CommandAsync(sql, cancellationToken)).ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Inserts rows by as few statements as possible.</summary>
    /// <param name="insert">The statement up to its values.</param>
    public async Task InsertAsync(string insert, IEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        const int MostRows = 100; // SQLite takes 32,766 parameters a statement
        foreach (var some in rows.Chunk(MostRows))
        {
            var tuples = some.Select((row, index) => $"({Places(index * row.Length, row.Length)})");
            var sql = $"{insert} VALUES {string.Join(", ", tuples)}";
            await ExecuteAsync(FormattableStringFactory.Create(sql, [.. some.SelectMany(row => row)]), cancellationToken);
        }
    }

    /// <returns>So many places of a statement's values, from this one on: <c>{1}, {2}</c>.</returns>
    public static string Places(int first, int count) => string.Join(", ", Enumerable.Range(first, count).Select(place => $"{{{place}}}"));

    async Task<DbCommand> CommandAsync(FormattableString sql, CancellationToken cancellationToken)
    {
        var connection = records.Database.GetDbConnection();
        if (connection != _connection)
        {
            _connection = connection;
            _connection.StateChange += (_, _) => _commands.Clear(); // a closed connection keeps no statement
        }

        if (connection.State != ConnectionState.Open)
        {
            await records.Database.OpenConnectionAsync(cancellationToken); // until the context is disposed
        }

        if (!_commands.TryGetValue(sql.Format, out var command))
        {
            command = NewCommand(connection, sql);
            if (_commands.Count < Most)
            {
                _commands.Add(sql.Format, command);
            }
        }

        command.Transaction = records.Database.CurrentTransaction?.GetDbTransaction();
        for (var place = 0; place < sql.ArgumentCount; place++)
        {
            command.Parameters[place].Value = Stored(sql.GetArgument(place));
        }

        return command;
    }

    static DbCommand NewCommand(DbConnection connection, FormattableString sql)
    {
        var command = connection.CreateCommand();
        var names = Enumerable.Range(0, sql.ArgumentCount).Select(place => $"@p{place}").ToArray();
        command.CommandText = string.Format(CultureInfo.InvariantCulture, sql.Format, names);
        foreach (var name in names)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    static object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset time => StoredTime.Of(time),
        Enum number => Convert.ToInt32(number, CultureInfo.InvariantCulture),
        _ => value,
    };
}
