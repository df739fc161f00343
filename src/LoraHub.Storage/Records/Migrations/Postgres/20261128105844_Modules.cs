using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Postgres
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
                    tag = table.Column<string>(type: "text", nullable: false),
                    number = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_module_tags", x => new { x.tag, x.number });
                });

            migrationBuilder.CreateTable(
                name: "modules",
                columns: table => new
                {
                    number = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    digest = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    is_current = table.Column<bool>(type: "boolean", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    base_model = table.Column<string>(type: "text", nullable: true),
                    task = table.Column<string>(type: "text", nullable: true),
                    rank = table.Column<int>(type: "integer", nullable: true),
                    is_usable = table.Column<bool>(type: "boolean", nullable: false),
                    is_owned = table.Column<bool>(type: "boolean", nullable: false),
                    size = table.Column<long>(type: "bigint", nullable: false),
                    published_at = table.Column<long>(type: "bigint", nullable: false),
                    uses = table.Column<long>(type: "bigint", nullable: false),
                    last_used_at = table.Column<long>(type: "bigint", nullable: true),
                    norm = table.Column<double>(type: "double precision", nullable: true),
                    alpha = table.Column<double>(type: "double precision", nullable: true),
                    parameters = table.Column<long>(type: "bigint", nullable: true),
                    d_type = table.Column<string>(type: "text", nullable: true),
                    base_model_digest = table.Column<string>(type: "text", nullable: true),
                    stamp = table.Column<string>(type: "text", nullable: false),
                    source = table.Column<string>(type: "text", nullable: true),
                    revision = table.Column<string>(type: "text", nullable: true),
                    published_by = table.Column<string>(type: "text", nullable: true),
                    licence = table.Column<string>(type: "text", nullable: true),
                    targets = table.Column<string>(type: "text", nullable: true),
                    tags = table.Column<string>(type: "text", nullable: false),
                    datasets = table.Column<string>(type: "text", nullable: false),
                    quarantine = table.Column<string>(type: "text", nullable: true),
                    problem = table.Column<string>(type: "text", nullable: true),
                    prompt_template = table.Column<string>(type: "text", nullable: true),
                    sketch = table.Column<byte[]>(type: "bytea", nullable: true),
                    layers = table.Column<string>(type: "text", nullable: true),
                    card = table.Column<string>(type: "text", nullable: false)
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

            // SearchWords provides the words. Up to 8 kB of them stay inline in the row, where ranking reads them directly.
            migrationBuilder.Sql("CREATE TABLE module_words (number bigint PRIMARY KEY, words tsvector NOT NULL) WITH (toast_tuple_target = 8160)");
            migrationBuilder.Sql("CREATE INDEX \"IX_module_words_words\" ON module_words USING gin (words)");
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
