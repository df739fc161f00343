using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Modules : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "module_tags",
                columns: table => new
                {
                    tag = table.Column<string>(type: "TEXT", nullable: false),
                    number = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_module_tags", x => new { x.tag, x.number });
                });

            migrationBuilder.CreateTable(
                name: "modules",
                columns: table => new
                {
                    number = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    id = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY"),
                    digest = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY"),
                    is_current = table.Column<bool>(type: "INTEGER", nullable: false),
                    owner = table.Column<string>(type: "TEXT", nullable: false),
                    base_model = table.Column<string>(type: "TEXT", nullable: true),
                    task = table.Column<string>(type: "TEXT", nullable: true),
                    rank = table.Column<int>(type: "INTEGER", nullable: true),
                    is_usable = table.Column<bool>(type: "INTEGER", nullable: false),
                    is_owned = table.Column<bool>(type: "INTEGER", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    published_at = table.Column<long>(type: "INTEGER", nullable: false),
                    uses = table.Column<long>(type: "INTEGER", nullable: false),
                    last_used_at = table.Column<long>(type: "INTEGER", nullable: true),
                    norm = table.Column<double>(type: "REAL", nullable: true),
                    alpha = table.Column<double>(type: "REAL", nullable: true),
                    parameters = table.Column<long>(type: "INTEGER", nullable: true),
                    d_type = table.Column<string>(type: "TEXT", nullable: true),
                    base_model_digest = table.Column<string>(type: "TEXT", nullable: true),
                    stamp = table.Column<string>(type: "TEXT", nullable: false),
                    source = table.Column<string>(type: "TEXT", nullable: true),
                    revision = table.Column<string>(type: "TEXT", nullable: true),
                    published_by = table.Column<string>(type: "TEXT", nullable: true),
                    licence = table.Column<string>(type: "TEXT", nullable: true),
                    targets = table.Column<string>(type: "TEXT", nullable: true),
                    tags = table.Column<string>(type: "TEXT", nullable: false),
                    datasets = table.Column<string>(type: "TEXT", nullable: false),
                    quarantine = table.Column<string>(type: "TEXT", nullable: true),
                    problem = table.Column<string>(type: "TEXT", nullable: true),
                    prompt_template = table.Column<string>(type: "TEXT", nullable: true),
                    sketch = table.Column<byte[]>(type: "BLOB", nullable: true),
                    layers = table.Column<string>(type: "TEXT", nullable: true),
                    card = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_modules", x => x.number);
                });

            migrationBuilder.CreateIndex(
                name: "IX_module_tags_number",
                table: "module_tags",
                column: "number");

            migrationBuilder.CreateIndex(
                name: "IX_modules_base_model_id",
                table: "modules",
                columns: new[] { "base_model", "id" },
                filter: "is_current");

            migrationBuilder.CreateIndex(
                name: "IX_modules_current",
                table: "modules",
                column: "id",
                unique: true,
                filter: "is_current");

            migrationBuilder.CreateIndex(
                name: "IX_modules_id_digest",
                table: "modules",
                columns: new[] { "id", "digest" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_modules_owner_id",
                table: "modules",
                columns: new[] { "owner", "id" },
                filter: "is_current");

            migrationBuilder.CreateIndex(
                name: "IX_modules_rank_id",
                table: "modules",
                columns: new[] { "rank", "id" },
                filter: "is_current");

            migrationBuilder.CreateIndex(
                name: "IX_modules_task_id",
                table: "modules",
                columns: new[] { "task", "id" },
                filter: "is_current");

            // Only an index: SearchWords provides the words, separated by spaces.
            migrationBuilder.Sql(
                """
                CREATE VIRTUAL TABLE module_words USING fts5(
                    id, card, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3 4')
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TABLE module_words");

            migrationBuilder.DropTable(
                name: "module_tags");

            migrationBuilder.DropTable(
                name: "modules");
        }
    }
}
