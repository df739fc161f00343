using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class CreatedPredictions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "created",
                table: "predictions",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "plan",
                table: "predictions",
                type: "TEXT",
                nullable: true);

            // The properties that no longer have a column: see RecordJson.WriteCreated.
            migrationBuilder.Sql(
                """
                UPDATE predictions
                SET created = json_object('Origin', origin, 'Deployment', deployment, 'Webhook', json(webhook), 'TraceParent', trace_parent)
                """);

            // Not DropColumn, which rebuilds the table outside the transaction.
            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN origin");
            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN deployment");
            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN webhook");
            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN trace_parent");

            migrationBuilder.RenameColumn(
                name: "licence",
                table: "modules",
                newName: "license");

            migrationBuilder.CreateTable(
                name: "module_uses",
                columns: table => new
                {
                    prediction_id = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY"),
                    module_id = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY"),
                    digest = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_module_uses", x => new { x.prediction_id, x.module_id, x.digest });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "module_uses");

            migrationBuilder.RenameColumn(
                name: "license",
                table: "modules",
                newName: "licence");

            migrationBuilder.AddColumn<string>(
                name: "origin",
                table: "predictions",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "deployment",
                table: "predictions",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "webhook",
                table: "predictions",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "trace_parent",
                table: "predictions",
                type: "TEXT",
                nullable: true);

            migrationBuilder.Sql(
                """
                UPDATE predictions
                SET origin = json_extract(created, '$.Origin'),
                    deployment = json_extract(created, '$.Deployment'),
                    webhook = json_extract(created, '$.Webhook'),
                    trace_parent = json_extract(created, '$.TraceParent')
                """);

            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN created");
            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN plan");
        }
    }
}
